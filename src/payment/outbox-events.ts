import type { QueueStore } from '../queue/index.ts';
import type { ReservationStore } from '../reservation/index.ts';
import type { OutboxEvent } from '../shared/outbox-event.entity.ts';
import { PAID_EVENT, saleInPayload } from './purchase.ts';
import { REFUNDED_EVENT, refundedSaleInPayload } from './refunded.ts';

/** What carrying events into Redis stands on. */
export interface PaymentEventsDeps {
  readonly reservations: Pick<ReservationStore, 'settle' | 'refund'>;
  readonly queue: Pick<QueueStore, 'advance'>;
}

/** An event as the relay has it. */
export type PaymentEvent = Pick<OutboxEvent, 'type' | 'payload'>;

/**
 * Carries what was committed into Redis, from its outbox event: a sale takes its seats, a refund gives them back. Safe to
 * repeat, in any order, and needs nothing but Redis. Events of other types have no effect there.
 */
export async function applyPaymentEvent(
  { reservations, queue }: PaymentEventsDeps,
  event: PaymentEvent,
): Promise<void> {
  if (event.type === PAID_EVENT) {
    const sale = saleInPayload(event.payload);
    if (await reservations.settle(sale)) await queue.advance(sale.concertId);
  } else if (event.type === REFUNDED_EVENT) {
    await reservations.refund(refundedSaleInPayload(event.payload));
  }
}
