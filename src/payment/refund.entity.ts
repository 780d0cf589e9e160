import { defineEntity, p } from '@mikro-orm/core';
import { Payment } from './payment.entity.ts';

const RefundSchema = defineEntity({
  name: 'Refund',
  tableName: 'refunds',
  properties: {
    id: p.uuid().primary(),
    paymentId: () => p.manyToOne(Payment).mapToPk().fieldName('payment_id').index('refunds_payment_id_index'),
    userId: p.uuid(),
    performanceId: p.uuid(),
    amount: p.bigint(),
    currencyCode: p.string().length(3),
    balanceAfter: p.bigint(),
    createdAt: p.datetime(3).defaultRaw('now()'),
  },
  checks: [{ name: 'refunds_amount_check', expression: 'amount > 0 and balance_after >= amount' }],
});

/** Money that went back into the wallet for tickets that are not valid any more. Money is in the minor unit. */
export class Refund extends RefundSchema.class {}

RefundSchema.setClass(Refund);
