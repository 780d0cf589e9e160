import { defineEntity, p } from '@mikro-orm/core';
import { Payment } from './payment.entity.ts';
import { Refund } from './refund.entity.ts';

/** Whether a ticket lets its owner in, as in `Ticket.State`. */
const TICKET_STATES = ['VALID', 'REFUNDED'] as const;

/** The index that has the last word on "one seat, one owner": a second valid ticket for a seat breaks it. */
export const TICKET_SEAT_INDEX = 'tickets_valid_seat_unique';

const TicketSchema = defineEntity({
  name: 'Ticket',
  tableName: 'tickets',
  properties: {
    id: p.uuid().primary(),
    paymentId: () => p.manyToOne(Payment).mapToPk().fieldName('payment_id').index('tickets_payment_id_index'),
    userId: p.uuid(),
    concertId: p.uuid(),
    performanceId: p.uuid(),
    seatNumber: p.integer(),
    price: p.bigint(),
    currencyCode: p.string().length(3),
    state: p.enum(TICKET_STATES).default('VALID'),
    createdAt: p.datetime(3).defaultRaw('now()'),
    refundId: () =>
      p
        .manyToOne(Refund)
        .mapToPk()
        .nullable()
        .deleteRule('no action')
        .fieldName('refund_id')
        .index('tickets_refund_id_index'),
    refundedAt: p.datetime(3).nullable(),
  },
  indexes: [
    {
      name: 'tickets_user_id_created_at_index',
      properties: ['userId', 'createdAt', 'id'],
    },
  ],
  uniques: [
    {
      name: TICKET_SEAT_INDEX,
      properties: ['performanceId', 'seatNumber'],
      // Only valid tickets count, so that a seat can be sold again when its ticket is not valid any more.
      where: "state = 'VALID'",
    },
  ],
  checks: [
    { name: 'tickets_price_check', expression: 'price > 0 and seat_number > 0' },
    {
      name: 'tickets_refund_check',
      expression: "(state = 'REFUNDED') = (refund_id is not null) and (state = 'REFUNDED') = (refunded_at is not null)",
    },
  ],
});

/** The right to a seat of a performance. Money is in the minor unit. */
export class Ticket extends TicketSchema.class {}

TicketSchema.setClass(Ticket);
