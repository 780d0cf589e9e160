import { defineEntity, p } from '@mikro-orm/core';
import { Concert } from './concert.entity.ts';
import type { StoredLayout } from './layout.ts';

const PerformanceSchema = defineEntity({
  name: 'Performance',
  tableName: 'performances',
  properties: {
    id: p.uuid().primary(),
    concertId: () => p.manyToOne(Concert).mapToPk().fieldName('concert_id'),
    date: p.date(),
    startsAt: p.datetime(3),
    layout: p.json<StoredLayout>(),
    seatCount: p.integer(),
    priceFrom: p.bigint(),
    canceledAt: p.datetime(3).nullable(),
    /** When the last ticket of the canceled performance was refunded. */
    cancellationDoneAt: p.datetime(3).nullable(),
  },
  indexes: [
    { name: 'performances_concert_id_date_index', properties: ['concertId', 'date'] },
    {
      name: 'performances_cancellation_index',
      properties: ['canceledAt'],
      where: 'canceled_at is not null and cancellation_done_at is null',
    },
  ],
  checks: [
    { name: 'performances_seats_check', expression: 'seat_count >= 1 and price_from >= 1' },
    {
      name: 'performances_cancellation_check',
      expression: 'cancellation_done_at is null or canceled_at is not null',
    },
  ],
});

/** One evening, or one afternoon: when it begins, on which date of the venue's calendar, and its hall with prices. */
export class Performance extends PerformanceSchema.class {}

PerformanceSchema.setClass(Performance);
