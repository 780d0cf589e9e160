import { points, reading, type FaultPoint } from './fault-points.ts';

/** What the relay does with the event of a payment. */
export const RELAY_USE_CASE = 'the outbox relay, after a payment';

/** What a task of every instance does for canceled performances. */
export const CANCELING_USE_CASE = 'finishing a cancellation';

const notCharged = {
  effect: 'none',
  truth: 'nothing is charged',
  heals: 'the retry charges, for the first time',
} as const;
const charged = {
  effect: 'done',
  truth: 'the wallet is charged, once; nobody was told',
  heals: 'the retry with the key gets this charge, marked as replayed',
} as const;
const notPaid = {
  effect: 'none',
  truth: 'nothing is charged, the hold lives',
  heals: 'the retry pays, for the first time',
} as const;
const fenced = {
  effect: 'none',
  truth: 'nothing is charged, the seats are fenced',
  heals:
    'past the payment’s deadline any instance asks Postgres and gives the hold its remaining time back; the retry pays, for the first time',
} as const;
const paid = {
  effect: 'done',
  truth: 'charged and ticketed; the seats are still fenced, as Redis does not know',
  heals: 'the relay of any instance settles it; the retry with the key gets this payment, marked as replayed',
} as const;
const notRefunded = {
  effect: 'none',
  truth: 'the tickets are valid, no money went back',
  heals: 'the retry refunds, for the first time',
} as const;
const refunded = {
  effect: 'done',
  truth: 'the tickets are void and the money is back; Redis still shows the seats as sold',
  heals: 'the relay of any instance puts them on sale; the retry with the key gets this refund, marked as replayed',
} as const;
const unrelayed = {
  effect: 'done',
  truth: 'charged and ticketed; the event is still to be handled',
  heals: 'the next run of any instance’s relay handles it',
  told: 'OK',
} as const;

const notCanceled = {
  effect: 'none',
  truth: 'the performance is on sale',
  heals: 'the retry cancels it',
} as const;
const canceled = {
  effect: 'done',
  truth: 'the performance is canceled, and no payment of it commits any more; Redis does not know',
  heals: 'the task of any instance ends its sale and its holds and refunds its tickets',
} as const;
const saleEnded = 'the performance is canceled, and Redis sells nothing of it';
const holdsEnded = 'the sale and the holds have ended';

/** A step of the task that finishes what CancelPerformance began. */
const canceling = (call: string, before: string, after = before) => {
  const told = { effect: 'done', heals: 'the next round of any instance goes on', told: 'OK' } as const;
  return points(CANCELING_USE_CASE, call, { before: { ...told, truth: before }, after: { ...told, truth: after } });
};

/** Every point of charging, paying, refunding, canceling and relaying: tests kill an instance and cut its connections at each. */
export const MONEY_FAULT_POINTS: readonly FaultPoint[] = [
  ...points('ChargeBalance', 'transactions.run', {
    before: notCharged,
    within: { ...notCharged, truth: 'all is written, nothing committed: Postgres rolls it back' },
    after: charged,
  }),
  ...reading('PayReservation', 'reservations.read', notPaid),
  ...points('PayReservation', 'reservations.fence', { before: notPaid, after: fenced }),
  ...points('PayReservation', 'transactions.run', {
    before: fenced,
    within: {
      ...fenced,
      truth: 'all is written, nothing committed: Postgres rolls it back; the seats are fenced',
      told: 'PAYMENT_OUTCOME_UNKNOWN',
    },
    after: { ...paid, told: 'PAYMENT_OUTCOME_UNKNOWN' },
  }),
  ...points('PayReservation', 'reservations.settle', {
    before: { ...paid, told: 'OK' },
    after: {
      ...paid,
      truth: 'charged, ticketed and settled; nobody was told',
      heals: 'the retry with the key gets this payment, marked as replayed',
      told: 'OK',
    },
  }),
  ...points('RefundPayment', 'transactions.run', { before: notRefunded }),
  ...reading('RefundPayment', 'payments.findPayer', notRefunded),
  ...reading('RefundPayment', 'payments.lock', notRefunded),
  ...points('RefundPayment', 'transactions.run', {
    within: { ...notRefunded, truth: 'all is written, nothing committed: Postgres rolls it back' },
    after: refunded,
  }),
  ...points('RefundPayment', 'reservations.refund', {
    before: { ...refunded, told: 'OK' },
    after: {
      ...refunded,
      truth: 'the tickets are void, the money is back, the seats are on sale; nobody was told',
      heals: 'the retry with the key gets this refund, marked as replayed',
      told: 'OK',
    },
  }),
  ...points(RELAY_USE_CASE, 'reservations.settle', {
    before: unrelayed,
    after: {
      ...unrelayed,
      truth: 'charged, ticketed and settled; the event is still to be handled',
      heals: 'the next run of any instance’s relay handles it; settling again changes nothing',
    },
  }),
  ...points(RELAY_USE_CASE, 'events.append', {
    before: { ...unrelayed, truth: 'charged, ticketed and settled; other systems were not told' },
    after: {
      ...unrelayed,
      truth: 'other systems were told, but the event is not marked as handled',
      heals: 'the next run of any instance’s relay tells them once more, with the same event id',
    },
  }),
  ...points('CancelPerformance', 'performances.cancelPerformance', { before: notCanceled, after: canceled }),
  ...points('CancelPerformance', 'cancels.endSale', {
    before: { ...canceled, told: 'OK' },
    after: { ...canceled, truth: saleEnded, told: 'OK' },
  }),
  ...points('CancelPerformance', 'cancellations.find', {
    before: { ...canceled, truth: saleEnded },
    after: { ...canceled, truth: saleEnded },
  }),
  ...canceling('cancels.holds', saleEnded),
  ...canceling('reservations.read', saleEnded),
  ...canceling('reservations.release', saleEnded, 'the sale has ended, a hold too'),
  ...canceling('cancellations.toRefund', holdsEnded),
  ...canceling('transactions.run', holdsEnded, 'a payment is refunded; Redis does not know'),
  ...canceling('payments.findPayer', holdsEnded),
  ...canceling('payments.lock', holdsEnded),
  ...canceling('reservations.refund', 'a payment is refunded; Redis does not know', 'a payment is refunded'),
  ...canceling('cancellations.finish', 'all is refunded', 'all is refunded, which is written down'),
];
