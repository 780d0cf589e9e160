import type { EntityManager } from '@mikro-orm/core';
import { pruneIdempotency } from '../../shared/idempotency.ts';
import { rowsOf } from '../../shared/rows.ts';
import { Ticker } from '../../shared/ticker.ts';

/** What housekeeping needs. */
export interface HousekeepingOptions {
  /** The ORM's own entity manager: each run forks it. */
  readonly em: EntityManager;
  /** For how long an idempotency key is remembered, milliseconds. */
  readonly idempotencyTtlMs: number;
  /** For how long an event that was handled is kept, milliseconds. */
  readonly outboxRetentionMs: number;
  /** Between two runs, milliseconds. */
  readonly intervalMs: number;
  readonly onError: (error: unknown) => void;
}

/** Rows that one statement deletes: its locks are short. */
const BATCH = 1_000;

const PRUNE_OUTBOX = `
  delete from outbox_events where id in (
    select id from outbox_events where processed_at < now() - ? * interval '1 ms'
    order by id limit ? for update skip locked
  ) returning 1`;

/**
 * Deletes what nobody asks for any more: outcomes of idempotency keys and events that were handled. Every instance does
 * it; rows that another one is deleting are skipped.
 */
export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #ticker: Ticker;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
    this.#ticker = new Ticker(() => this.run(), options.intervalMs, options.onError);
  }

  /** Begins. */
  start(): void {
    this.#ticker.start();
  }

  /** Ends; resolves when the present run has ended. */
  async stop(): Promise<void> {
    await this.#ticker.stop();
  }

  /** Deletes all that is due. */
  async run(): Promise<void> {
    const { em, idempotencyTtlMs, outboxRetentionMs } = this.#options;
    while ((await pruneIdempotency(em.fork(), idempotencyTtlMs, BATCH)) === BATCH);
    while ((await pruneOutbox(em, outboxRetentionMs)) === BATCH);
  }
}

async function pruneOutbox(em: EntityManager, retentionMs: number): Promise<number> {
  const deleted = await rowsOf(em, PRUNE_OUTBOX, [retentionMs, BATCH]);
  return deleted.length;
}
