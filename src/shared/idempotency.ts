import { createHash } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/core';
import type { Json } from './json.ts';
import { idempotencyKeyReused } from './refusals.ts';
import { rowsOf } from './rows.ts';

/** Which call is to have its effect once. */
export interface IdempotentCall {
  /** The RPC: the same key of another RPC is another call. */
  readonly rpc: string;
  /** Who calls: the same key of somebody else is another call. */
  readonly subject: string;
  /** The caller's key; undefined where none was sent: then every call has its effect. */
  readonly key: string | undefined;
  /** The whole request as text: the same key with another request is a mistake of the caller. */
  readonly request: string;
  /** For how long a key is remembered, milliseconds. */
  readonly ttlMs: number;
}

/** How an outcome is kept, as JSON carries neither money nor moments. */
export interface OutcomeCodec<R> {
  /** What is kept of an outcome. */
  encode(outcome: R): Json;
  /** The outcome again. */
  decode(stored: Json): R | Promise<R>;
}

/** An outcome that is a row with an id: the id is all that has to be kept, and is known before the effect. */
export interface OutcomeById<R> {
  /** A fresh UUID: the id of the row that the effect is going to make. */
  readonly id: string;
  /** Finds what an earlier call made. */
  readonly find: (id: string) => Promise<R>;
}

/** What a transaction has to be sure of before it does anything, asked in the statement that claims the key. */
export interface Guard {
  /** A query with one row where the transaction may go on, and none where it may not. */
  readonly sql: string;
  readonly params: readonly unknown[];
  /** What it is refused with; may ask the database, in the same transaction, why. */
  readonly refusal: () => Promise<Error>;
}

/** An outcome, and whether it is that of an earlier call. */
export interface Once<R> {
  readonly outcome: R;
  readonly replayed: boolean;
}

// One statement writes the row, or waits for the call that is writing it, or finds what that call did, or takes over a
// row whose time is up.
const CLAIM = `
  insert into idempotent_outcomes as kept (rpc, subject, key, request_hash, outcome) select ?, ?, ?, ?, ?::jsonb from guard
  on conflict (rpc, subject, key) do update set
    request_hash = case when kept.created_at < now() - ? * interval '1 ms' then excluded.request_hash else kept.request_hash end,
    outcome = case when kept.created_at < now() - ? * interval '1 ms' then excluded.outcome else kept.outcome end,
    created_at = case when kept.created_at < now() - ? * interval '1 ms' then excluded.created_at else kept.created_at end
  returning request_hash, outcome`;

const STORE = 'update idempotent_outcomes set outcome = ?::jsonb where rpc = ? and subject = ? and key = ?';

const PRUNE = `
  delete from idempotent_outcomes where (rpc, subject, key) in (
    select rpc, subject, key from idempotent_outcomes where created_at < now() - ? * interval '1 ms'
    limit ? for update skip locked
  ) returning 1`;

const PASSING: Guard = {
  sql: 'select 1',
  params: [],
  refusal: () => Promise.resolve(new Error('select 1 has no row')),
};

/**
 * Runs an effect once for its key: later calls with the key get the first outcome. Has to be the first thing that the
 * caller's transaction does, so that all transactions take their locks in the same order; costs it two statements, a
 * replay one. A second call while the first runs waits for it, at most the lock timeout. After a refusal everything
 * rolls back, the key with it: the same request may be tried again.
 *
 * @param em the entity manager of the caller's transaction
 * @param effect does what the call is for, in the same transaction
 * @throws IDEMPOTENCY_KEY_REUSED where the key belongs to another request
 */
export async function once<R>(
  em: EntityManager,
  call: IdempotentCall,
  codec: OutcomeCodec<R>,
  effect: () => Promise<R>,
): Promise<Once<R>> {
  if (call.key === undefined) return { outcome: await effect(), replayed: false };
  // An outcome is stored before the commit of the transaction that wrote the row, so a row without one can only be the
  // row that was just written here.
  const stored = await claim(em, call, null, PASSING);
  if (stored !== null) return { outcome: await codec.decode(stored), replayed: true };
  const outcome = await effect();
  await rowsOf(em, STORE, [JSON.stringify(codec.encode(outcome)), call.rpc, call.subject, call.key]);
  return { outcome, replayed: false };
}

/**
 * As `once`, for an effect that makes a row: its id is kept with the claim, so it costs the caller's transaction one
 * statement, together with the guard.
 *
 * @throws IDEMPOTENCY_KEY_REUSED, and what the guard refuses with
 */
export async function onceById<R>(
  em: EntityManager,
  call: IdempotentCall,
  { id, find }: OutcomeById<R>,
  effect: () => Promise<R>,
  guard: Guard = PASSING,
): Promise<Once<R>> {
  if (call.key === undefined) {
    if (guard !== PASSING && (await rowsOf(em, guard.sql, guard.params)).length === 0) throw await guard.refusal();
    return { outcome: await effect(), replayed: false };
  }
  const stored = await claim(em, call, { id }, guard);
  const kept = idIn(stored);
  return kept === id ? { outcome: await effect(), replayed: false } : { outcome: await find(kept), replayed: true };
}

/**
 * Deletes outcomes whose time is up. They count as absent anyway: this only keeps the table small.
 *
 * @param ttlMs for how long a key is remembered, milliseconds
 * @param limit how many at most
 * @returns how many were deleted
 */
export async function pruneIdempotency(em: EntityManager, ttlMs: number, limit: number): Promise<number> {
  const deleted = await rowsOf(em, PRUNE, [ttlMs, limit]);
  return deleted.length;
}

/** Claims a key; returns the outcome that stands with it then: the given one where the key was free. */
async function claim(em: EntityManager, call: IdempotentCall, outcome: Json, guard: Guard): Promise<Json> {
  const { rpc, subject, key, ttlMs } = call;
  const requestHash = createHash('sha256').update(call.request).digest('base64url');
  const given = outcome === null ? null : JSON.stringify(outcome);
  const params = [...guard.params, rpc, subject, key, requestHash, given, ttlMs, ttlMs, ttlMs];
  const sql = `with guard as (${guard.sql}) ${CLAIM}`;
  const [kept] = await rowsOf<{ request_hash: string; outcome: Json }>(em, sql, params);
  if (kept === undefined) throw await guard.refusal();
  if (kept.request_hash !== requestHash) throw idempotencyKeyReused();
  return kept.outcome;
}

/** The id in an outcome that was kept by its id. */
export function idIn(stored: Json): string {
  const id = stored !== null && typeof stored === 'object' && 'id' in stored ? stored['id'] : undefined;
  if (typeof id !== 'string') throw new Error('a stored outcome names no id');
  return id;
}
