import { z } from 'zod';
import type { RefundedSale } from '../reservation/index.ts';
import type { Json } from '../shared/json.ts';
import type { Purchase } from './purchase.ts';
import type { Refund } from './refund.entity.ts';
import type { Ticket } from './ticket.entity.ts';

/** A refund, with its payment and all tickets of that by seat number. */
export interface RefundedPurchase extends Purchase {
  readonly refund: Refund;
}

/** The type of the outbox event of a refund. */
export const REFUNDED_EVENT = 'REFUNDED';

const refundedPayloadSchema = z.object({
  refundId: z.string(),
  paymentId: z.string(),
  concertId: z.string(),
  performanceId: z.string(),
  reservationId: z.string(),
  userId: z.string(),
  seatNumbers: z.array(z.number()).min(1),
});

/** The tickets of the refund itself, not those of an earlier refund of the payment. */
export function refundedTickets({ refund, tickets }: RefundedPurchase): readonly Ticket[] {
  return tickets.filter((ticket) => ticket.refundId === refund.id);
}

/** A refund as Redis has to know it. */
export function refundedSaleOf(refunded: RefundedPurchase): RefundedSale {
  const { payment } = refunded;
  return {
    concertId: payment.concertId,
    performanceId: payment.performanceId,
    reservationId: payment.reservationId,
    userId: payment.userId,
    seatNumbers: refundedTickets(refunded).map((ticket) => ticket.seatNumber),
  };
}

/** What the outbox keeps of a refund. */
export function refundedPayload(refunded: RefundedPurchase): Json {
  const sale = refundedSaleOf(refunded);
  const { refund, payment } = refunded;
  return { refundId: refund.id, paymentId: payment.id, ...sale, seatNumbers: [...sale.seatNumbers] };
}

/** The refunded sale inside an outbox event. */
export function refundedSaleInPayload(payload: Json): RefundedSale {
  return refundedPayloadSchema.parse(payload);
}
