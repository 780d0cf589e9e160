import { defineEntity, p } from '@mikro-orm/core';

/** What became of a payment, as in `Payment.State`. */
const PAYMENT_STATES = ['PAID', 'PARTLY_REFUNDED', 'REFUNDED'] as const;

/** The index that has the last word on "a reservation is paid once". */
export const PAYMENT_RESERVATION_INDEX = 'payments_reservation_id_unique';

const PaymentSchema = defineEntity({
  name: 'Payment',
  tableName: 'payments',
  properties: {
    id: p.uuid().primary(),
    reservationId: p.uuid().unique(PAYMENT_RESERVATION_INDEX),
    userId: p.uuid(),
    concertId: p.uuid(),
    performanceId: p.uuid(),
    amount: p.bigint(),
    currencyCode: p.string().length(3),
    balanceAfter: p.bigint(),
    refundedAmount: p.bigint().defaultRaw('0'),
    state: p.enum(PAYMENT_STATES).default('PAID'),
    placeNumber: p.integer(),
    placeEpoch: p.integer(),
    createdAt: p.datetime(3).defaultRaw('now()'),
  },
  indexes: [
    {
      name: 'payments_user_id_created_at_index',
      properties: ['userId', 'createdAt', 'id'],
    },
    // After Redis came back without its last second, the newest sales of a performance are settled again.
    { name: 'payments_performance_id_created_at_index', properties: ['performanceId', 'createdAt'] },
    // A line that starts anew asks which of its places have paid.
    { name: 'payments_concert_id_place_index', properties: ['concertId', 'placeEpoch', 'placeNumber'] },
  ],
  checks: [
    { name: 'payments_amount_check', expression: 'amount > 0 and balance_after >= 0' },
    {
      name: 'payments_refunded_check',
      expression:
        "refunded_amount >= 0 and refunded_amount <= amount and (state = 'PAID') = (refunded_amount = 0) and (state = 'REFUNDED') = (refunded_amount = amount)",
    },
  ],
});

/**
 * One purchase: a reservation that was paid from the user's wallet, at most once. The place (its epoch and number) is
 * kept because settling ends its admission. Money is in the minor unit.
 */
export class Payment extends PaymentSchema.class {}

PaymentSchema.setClass(Payment);
