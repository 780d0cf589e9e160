import { defineEntity, p } from '@mikro-orm/core';

const ConcertSchema = defineEntity({
  name: 'Concert',
  tableName: 'concerts',
  properties: {
    id: p.uuid().primary(),
    title: p.text(),
    venue: p.text(),
    timeZone: p.text(),
    currencyCode: p.string().length(3),
    queueOpensAt: p.datetime(3),
    saleOpensAt: p.datetime(3),
    seatsPerUser: p.integer(),
    seatsPerUserAndPerformance: p.integer().default(0),
    revision: p.integer().default(1),
    createdAt: p.datetime(3).defaultRaw('now()'),
  },
  indexes: [
    {
      name: 'concerts_created_at_index',
      properties: ['createdAt', 'id'],
    },
  ],
  checks: [
    { name: 'concerts_opening_check', expression: 'sale_opens_at >= queue_opens_at' },
    {
      name: 'concerts_seats_per_user_check',
      expression: 'seats_per_user >= 1 and seats_per_user_and_performance >= 0',
    },
  ],
});

/**
 * A run of performances that are sold through one line. The venue's time zone decides on which date one falls. The
 * revision counts up with every change of the concert or of one of its performances.
 */
export class Concert extends ConcertSchema.class {}

ConcertSchema.setClass(Concert);
