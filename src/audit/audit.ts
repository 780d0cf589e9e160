import { setTimeout as delay } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/core';
import type { RedisClient } from '../infrastructure/redis/client.ts';
import { HallReadingStore, RecordReadingStore } from '../reservation/index.ts';
import { auditLines } from './line-audit.ts';
import { auditMoney, type AuditTimes } from './money-audit.ts';
import { inSnapshot, queryOf } from './query.ts';
import type { CheckReport } from './report.ts';
import { auditSeats } from './seat-audit.ts';

/** What can be audited by itself. */
export type AuditGroup = 'money' | 'line' | 'seats';

/** What the auditor reads. */
export interface AuditStores {
  /** The ORM's own entity manager. */
  readonly em: EntityManager;
  /** Needed for the seats alone. */
  readonly redis?: RedisClient;
}

/** Audits a live system without locking anything; gives the report of each check when its group is through. */
export async function* audit(
  { em, redis }: AuditStores,
  groups: readonly AuditGroup[],
  times: AuditTimes,
): AsyncGenerator<CheckReport> {
  if (groups.includes('money')) yield* await inSnapshot(em, (query) => auditMoney(query, times));
  if (groups.includes('line')) yield await auditLines(em);
  if (!groups.includes('seats')) return;
  if (!redis) throw new Error('seats are compared with what Redis has');
  const halls = new HallReadingStore(redis);
  const records = new RecordReadingStore(redis);
  // Each query is a moment of its own: what a later look compares has to be fresh.
  yield* await auditSeats({ query: queryOf(em), halls, records, delay }, times);
}
