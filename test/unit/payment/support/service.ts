import sinon from 'sinon';
import type { CommitDeps } from '../../../../src/payment/commit-payment.ts';
import { Payment } from '../../../../src/payment/payment.entity.ts';
import { PaymentService, type PaymentServiceDeps } from '../../../../src/payment/payment.service.ts';
import type { Purchase } from '../../../../src/payment/purchase.ts';
import { Refund } from '../../../../src/payment/refund.entity.ts';
import type { RefundedPurchase } from '../../../../src/payment/refunded.ts';
import { Ticket } from '../../../../src/payment/ticket.entity.ts';
import { LedgerTransfer, Wallet } from '../../../../src/wallet/index.ts';
import {
  CONCERT_ID,
  NOW_MS,
  payingWith,
  PAYMENT_ID,
  PERFORMANCE_ID,
  RESERVATION_ID,
  reservationWith,
  USER_ID,
} from '../../support/builders.ts';
import { stubbed } from '../../support/stubbed.ts';
import { FakePostgres } from './fake-postgres.ts';

export const CLOCK_SKEW_MS = 2_000;
export const REFUND_ID = 'af500000-0000-4000-8000-000000000001';

/** A purchase of the seats 7 and 8 that Postgres has, but for what is given of its payment. */
export function purchaseWith(given: Partial<Payment> = {}): Purchase {
  const common = { userId: USER_ID, concertId: CONCERT_ID, performanceId: PERFORMANCE_ID, currencyCode: 'KRW' };
  const payment = Object.assign(new Payment(), {
    ...common,
    id: PAYMENT_ID,
    reservationId: RESERVATION_ID,
    amount: 110_000n,
    balanceAfter: 40_000n,
    state: 'PAID',
    placeNumber: 17,
    placeEpoch: 1,
    createdAt: new Date(NOW_MS),
    ...given,
  } as const);
  const tickets = [7, 8].map((seatNumber) =>
    Object.assign(new Ticket(), { ...common, id: `ticket-${seatNumber}`, paymentId: PAYMENT_ID, seatNumber }),
  );
  return { payment, tickets };
}

/** A refund of some seats of that purchase; the others are still valid. */
export function refundedWith(seatNumbers: readonly number[]): RefundedPurchase {
  const { payment, tickets } = purchaseWith();
  for (const ticket of tickets) if (seatNumbers.includes(ticket.seatNumber)) ticket.refundId = REFUND_ID;
  return { refund: Object.assign(new Refund(), { id: REFUND_ID, paymentId: PAYMENT_ID }), payment, tickets };
}

/** The use cases of payment: a held reservation, a wallet that can pay, and stores that answer. */
export function setUp() {
  const steps: string[] = [];
  const postgres = new FakePostgres(steps);
  const wallet = stubbed<CommitDeps['wallet']>('lockWallet', 'payFrom');
  const payments = stubbed<PaymentServiceDeps['payments']>(
    'find',
    'findById',
    'findByReservation',
    'listPayments',
    'listTickets',
    'soldSeats',
  );
  const reservations = stubbed<PaymentServiceDeps['reservations']>('read', 'fence', 'giveBack', 'settle');
  const liveSeats = stubbed<PaymentServiceDeps['liveSeats']>('reload');
  const queue = stubbed<PaymentServiceDeps['queue']>('advance');
  const errors: unknown[] = [];
  const log = <T>(step: string, value: T) => {
    steps.push(step);
    return Promise.resolve(value);
  };

  wallet.lockWallet.callsFake(() => log('lock', new Wallet()));
  wallet.payFrom.callsFake(() => Object.assign(new LedgerTransfer(), { amount: 110_000n, balanceAfter: 40_000n }));
  payments.findById.callsFake((_em, id) =>
    Promise.resolve(postgres.purchase?.payment.id === id ? postgres.purchase : undefined),
  );
  payments.findByReservation.callsFake(() => Promise.resolve(postgres.purchase));
  reservations.read.callsFake(() => log('read', reservationWith()));
  reservations.fence.callsFake(() => log('fence', { kind: 'fenced', reservation: payingWith() }));
  reservations.giveBack.callsFake((_reservation, why) => log(`give back: ${why}`, true));
  reservations.settle.callsFake(() => log('settle', true));
  liveSeats.reload.callsFake(() => log('reload', undefined));
  queue.advance.callsFake(() => log('advance', undefined));

  let ids = 0;
  const service = new PaymentService({
    transactions: postgres.transactions,
    wallet,
    payments,
    newId: sinon.fake(() => `id-${(ids += 1)}`),
    idempotencyTtlMs: 86_400_000,
    reservations,
    liveSeats,
    queue,
    clockSkewMs: CLOCK_SKEW_MS,
    onError: (error) => errors.push(error),
  });
  return { service, steps, postgres, wallet, payments, reservations, liveSeats, queue, errors };
}
