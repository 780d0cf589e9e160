export { OverdueTicker } from './overdue-ticker.ts';
export { PaymentRepository } from './payment.repository.ts';
export { PaymentService, type PayResult } from './payment.service.ts';
export { PAID_EVENT, type Purchase } from './purchase.ts';
export type { Payment } from './payment.entity.ts';
export type { Ticket } from './ticket.entity.ts';
