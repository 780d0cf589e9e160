import { points, reading, type FaultPoint } from './fault-points.ts';

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
const RELAYED = 'the outbox relay, after a payment';
const unrelayed = {
  effect: 'done',
  truth: 'charged and ticketed; the event is still to be handled',
  heals: 'the next run of any instance’s relay handles it',
  told: 'OK',
} as const;

/** Every point of charging, paying, refunding and relaying: tests kill an instance and cut its connections at each. */
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
  ...points(RELAYED, 'reservations.settle', {
    before: unrelayed,
    after: {
      ...unrelayed,
      truth: 'charged, ticketed and settled; the event is still to be handled',
      heals: 'the next run of any instance’s relay handles it; settling again changes nothing',
    },
  }),
  ...points(RELAYED, 'events.append', {
    before: { ...unrelayed, truth: 'charged, ticketed and settled; other systems were not told' },
    after: {
      ...unrelayed,
      truth: 'other systems were told, but the event is not marked as handled',
      heals: 'the next run of any instance’s relay tells them once more, with the same event id',
    },
  }),
];

/** The use case of the points that a payment's event meets in the relay. */
export const RELAY_USE_CASE = RELAYED;
