import { defineEntity, p } from '@mikro-orm/core';
import type { Json } from './json.ts';

const OutboxEventSchema = defineEntity({
  name: 'OutboxEvent',
  tableName: 'outbox_events',
  properties: {
    id: p.bigint().primary().autoincrement(),
    eventId: p.uuid().unique('outbox_events_event_id_unique'),
    type: p.text(),
    payload: p.json<Json>(),
    /** Events with the same key are handled in the order in which they were written. */
    orderingKey: p.text(),
    createdAt: p.datetime(3).defaultRaw('now()'),
    processedAt: p.datetime(3).nullable(),
    /** How often handling it has failed. */
    attempts: p.integer().default(0),
    nextAttemptAt: p.datetime(3).nullable(),
    /** When it was given up; nobody tries it again by itself. */
    parkedAt: p.datetime(3).nullable(),
    lastError: p.text().nullable(),
  },
  indexes: [
    {
      name: 'outbox_events_unprocessed_index',
      properties: ['id'],
      where: 'processed_at is null',
    },
    {
      name: 'outbox_events_ordering_key_index',
      properties: ['orderingKey', 'id'],
      where: 'processed_at is null',
    },
  ],
});

/**
 * Something that happened in a transaction and that others have to hear of: written in the same transaction, handled
 * after it by the relay, at least once. Whoever hears of it twice knows it by its eventId.
 */
export class OutboxEvent extends OutboxEventSchema.class {}

OutboxEventSchema.setClass(OutboxEvent);
