import type { EntityManager } from '@mikro-orm/core';
import { OutboxEvent } from '../../shared/outbox-event.entity.ts';
import { rowsOf } from '../../shared/rows.ts';

/** A failure of an event, as its row keeps it. */
export interface FailedAttempt {
  readonly id: bigint;
  /** Until the next attempt, milliseconds from now by Postgres's clock. */
  readonly pauseMs: number;
  /** Whether the event is given up. */
  readonly isParked: boolean;
  readonly error: string;
}

/** What waits in the outbox. */
export interface Backlog {
  /** Events that were given up. */
  readonly parked: number;
  /** Age of the oldest event that is neither handled nor given up, milliseconds; 0 where there is none. */
  readonly oldestAgeMs: number;
}

// An event is the first of its key that is not processed, or nobody may take it: whether the one before is in another
// instance's hand, waits for its next attempt or is parked. What is processed never becomes unprocessed again, so this
// stays true of a row that is locked a moment after it was seen.
const TAKE_DUE = `
  select e.* from outbox_events e
  where e.processed_at is null and e.parked_at is null and e.id > ?::bigint
    and (e.next_attempt_at is null or e.next_attempt_at <= now())
    and not exists (
      select from outbox_events before
      where before.ordering_key = e.ordering_key and before.processed_at is null and before.id < e.id
    )
  order by e.id limit ? for update of e skip locked`;

// By the clock and not by the beginning of the transaction, which may be seconds ago.
const MARK_PROCESSED = `
  update outbox_events set processed_at = clock_timestamp(), next_attempt_at = null where id = any(?::bigint[])`;

const RECORD_FAILURES = `
  update outbox_events e
  set attempts = e.attempts + 1,
    next_attempt_at = clock_timestamp() + f.pause_ms * interval '1 ms',
    parked_at = case when f.is_parked then clock_timestamp() end,
    last_error = f.error
  from jsonb_to_recordset(?::jsonb) as f (id bigint, pause_ms int, is_parked boolean, error text)
  where e.id = f.id`;

const READ_BACKLOG = `
  select count(*) filter (where parked_at is not null)::int as parked,
    coalesce(extract(epoch from now() - min(created_at) filter (where parked_at is null)) * 1000, 0)::float8 as age_ms
  from outbox_events where processed_at is null`;

const UNPARK = `
  update outbox_events set parked_at = null, attempts = 0, next_attempt_at = null
  where event_id = ?::uuid and parked_at is not null returning 1`;

/**
 * Locks events that are due until the transaction ends, oldest first, at most one of each ordering key; skips those that
 * others have locked.
 *
 * @param tx in a transaction
 * @param after only events with a higher id
 */
export async function takeDue(tx: EntityManager, after: bigint, limit: number): Promise<readonly OutboxEvent[]> {
  const rows = await rowsOf(tx, TAKE_DUE, [String(after), limit]);
  const events = rows.map((row) => tx.map(OutboxEvent, { ...row }));
  // Their rows are changed by statements: the unit of work has nothing to compare and nothing to write.
  tx.clear();
  return events;
}

/** Marks events as handled for good. */
export async function markProcessed(em: EntityManager, ids: readonly bigint[]): Promise<void> {
  if (ids.length > 0) await rowsOf(em, MARK_PROCESSED, [`{${ids.join(',')}}`]);
}

/** Counts a failure of each event and says when, or that it is not, to be tried again. */
export async function recordFailures(em: EntityManager, failures: readonly FailedAttempt[]): Promise<void> {
  if (failures.length === 0) return;
  const rows = failures.map(({ id, pauseMs, isParked, error }) => ({
    id: String(id),
    pause_ms: pauseMs,
    is_parked: isParked,
    error,
  }));
  await rowsOf(em, RECORD_FAILURES, [JSON.stringify(rows)]);
}

/** Reads what waits, by the index of unprocessed events alone. */
export async function readBacklog(em: EntityManager): Promise<Backlog> {
  const [row] = await rowsOf(em, READ_BACKLOG, []);
  return { parked: Number(row?.['parked'] ?? 0), oldestAgeMs: Number(row?.['age_ms'] ?? 0) };
}

/** Lists events that were given up, oldest first. */
export async function listParked(em: EntityManager, limit: number): Promise<readonly OutboxEvent[]> {
  return em.find(OutboxEvent, { processedAt: null, parkedAt: { $ne: null } }, { orderBy: { id: 'asc' }, limit });
}

/**
 * Has a parked event tried again, with as many attempts as a new one.
 *
 * @returns whether there was such an event and it was parked
 */
export async function unpark(em: EntityManager, eventId: string): Promise<boolean> {
  return (await rowsOf(em, UNPARK, [eventId])).length > 0;
}
