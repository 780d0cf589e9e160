import type { SqlCheck } from './sql-check.ts';

/**
 * What a transaction began is finished.
 *
 * @param graceMs how old an event may be that nobody has handled, milliseconds
 */
export function outboxChecks(graceMs: number): readonly SqlCheck[] {
  const ids = `event_id as "eventId", type, ordering_key as "orderingKey"`;
  return [
    {
      check: 'event-waits',
      promise: 'P2',
      examined: 'outbox_events where processed_at is null and parked_at is null',
      faults: `
        select ${ids}, format('was not handled since %s, after %s attempts', created_at, attempts) as what
        from outbox_events
        where processed_at is null and parked_at is null
          and created_at < now() - ${Math.trunc(graceMs)} * interval '1 ms'
        order by id`,
    },
    {
      check: 'event-parked',
      promise: 'P2',
      examined: 'outbox_events where parked_at is not null',
      faults: `
        select ${ids}, format('was given up at %s: %s', parked_at, coalesce(last_error, 'no error')) as what
        from outbox_events where parked_at is not null and processed_at is null order by id`,
    },
  ];
}
