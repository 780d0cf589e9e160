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
    { name: 'concerts_seats_per_user_check', expression: 'seats_per_user >= 1' },
  ],
});

/** A run of performances that are sold through one line. The venue's time zone decides on which date one falls. */
export class Concert extends ConcertSchema.class {}

ConcertSchema.setClass(Concert);
