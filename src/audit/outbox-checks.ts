import type { SqlCheck } from './sql-check.ts';

/**
 * What a transaction began is finished, and others are told of it.
 *
 * @param graceMs how old an event may be that nobody has handled, milliseconds
 * @param eventsKeptMs for how long the outbox keeps an event at least, milliseconds
 */
export function outboxChecks(graceMs: number, eventsKeptMs: number): readonly SqlCheck[] {
  const ids = `event_id as "eventId", type, ordering_key as "orderingKey"`;
  return [
    toldCheck('payments', 'PAID', 'paymentId', eventsKeptMs),
    toldCheck('refunds', 'REFUNDED', 'refundId', eventsKeptMs),
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

/** Each row of a table has its one event, as long as that is kept, and each event its row. */
function toldCheck(table: 'payments' | 'refunds', type: string, id: string, eventsKeptMs: number): SqlCheck {
  const isYoung = `created_at > now() - ${Math.trunc(eventsKeptMs)} * interval '1 ms'`;
  return {
    check: `event-of-${table}`,
    promise: 'P2',
    examined: `${table} where ${isYoung}`,
    faults: `
      with told as (
        select payload ->> '${id}' as id, count(*) as count from outbox_events where type = '${type}' group by 1
      )
      select coalesce(made.id::text, told.id) as "${id}",
        case when made.id is null then 'is of an event and is not there'
          else format('has %s events', coalesce(told.count, 0)) end as what
      from ${table} made full join told on told.id = made.id::text
      where made.id is null or told.count > 1 or (told.count is null and made.${isYoung})`,
  };
}
