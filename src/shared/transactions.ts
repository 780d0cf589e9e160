import type { EntityManager } from '@mikro-orm/core';

/** How transactions are made. */
export interface TransactionsOptions {
  /** The ORM's own entity manager: each transaction forks it. */
  readonly em: EntityManager;
  /** From 0 to below 1. */
  readonly random: () => number;
  readonly delay: (ms: number) => Promise<unknown>;
}

const MAX_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 10;

/** SQLSTATEs of a transaction that lost against another one, is rolled back for certain, and may well pass next time. */
const LOST_STATES = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
]);

/** Runs use cases as units of work: each has one transaction, and with it one connection, from its begin to its end. */
export class Transactions {
  readonly #options: TransactionsOptions;

  constructor(options: TransactionsOptions) {
    this.#options = options;
  }

  /**
   * Runs work in a transaction and commits what it did; an error rolls it back. Where the database ended it in favor of
   * another one (deadlock, serialization failure), it runs again after a short pause, a few times at most. Inside it no
   * second connection may be taken: with more callers than connections all of them would wait for one.
   *
   * @param work gets an entity manager of its own each time it runs; what it does outside the database has to be safe to
   *   repeat
   */
  async run<Result>(work: (em: EntityManager) => Promise<Result>): Promise<Result> {
    const { em, random, delay } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await em.fork().transactional(work);
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || !hasLost(error)) throw error;
        // Different pauses, or those that met would meet again.
        await delay(FIRST_PAUSE_MS * 2 ** attempt * random());
      }
    }
  }
}

function hasLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && LOST_STATES.has(error.code);
}
