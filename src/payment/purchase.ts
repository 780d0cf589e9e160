import { z } from 'zod';
import type { Sale } from '../reservation/index.ts';
import type { Json } from '../shared/json.ts';
import type { Payment } from './payment.entity.ts';
import type { Ticket } from './ticket.entity.ts';

/** A payment with its tickets, by seat number. */
export interface Purchase {
  readonly payment: Payment;
  readonly tickets: readonly Ticket[];
}

/** The type of the outbox event of a payment. */
export const PAID_EVENT = 'PAID';

const salePayload = z.object({
  paymentId: z.string(),
  concertId: z.string(),
  performanceId: z.string(),
  reservationId: z.string(),
  userId: z.string(),
  placeNumber: z.number(),
  placeEpoch: z.number(),
  seatNumbers: z.array(z.number()).min(1),
});

/** A payment as Redis has to know it. */
export function saleOf({ payment, tickets }: Purchase): Sale {
  return {
    concertId: payment.concertId,
    performanceId: payment.performanceId,
    reservationId: payment.reservationId,
    userId: payment.userId,
    placeNumber: payment.placeNumber,
    placeEpoch: payment.placeEpoch,
    seatNumbers: tickets.map((ticket) => ticket.seatNumber),
  };
}

/** What the outbox keeps of a payment. */
export function paidPayload(purchase: Purchase): Json {
  const sale = saleOf(purchase);
  return { paymentId: purchase.payment.id, ...sale, seatNumbers: [...sale.seatNumbers] };
}

/** The sale inside an outbox event. */
export function saleInPayload(payload: Json): Sale {
  return salePayload.parse(payload);
}
