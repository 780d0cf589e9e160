import type { EntityManager, MikroORM } from '@mikro-orm/core';
import { nextAttempt, type RetryPolicy } from '../../shared/backoff.ts';
import { Ticker } from '../../shared/ticker.ts';
import { attempt, describeError, type Delivery, type Outcome } from './outbox-attempt.ts';
import {
  markProcessed,
  readBacklog,
  recordFailures,
  takeDue,
  type Backlog,
  type FailedAttempt,
} from './outbox-events.ts';

/** Where the relay says what went wrong. */
export interface RelayLogger {
  /** Something that is tried again. */
  warn(details: object, message: string): void;
  /** Something that somebody has to look at. */
  error(details: object, message: string): void;
}

/** What the relay counts. */
export interface RelayMetrics {
  /** An event was handled and told of. */
  handled(type: string): void;
  /** An attempt failed. */
  failed(type: string): void;
  /** What waits at the moment. */
  backlog(backlog: Backlog): void;
}

/** What the relay needs. */
export interface OutboxRelayOptions extends Delivery {
  readonly orm: MikroORM;
  /** How long to wait between two runs, milliseconds. */
  readonly intervalMs: number;
  /** How many events one transaction takes. */
  readonly batch: number;
  /** How long handling one event may take, milliseconds; a transaction takes little longer. */
  readonly handleTimeoutMs: number;
  readonly retry: RetryPolicy;
  /** A number in [0, 1), for the pauses. */
  readonly random: () => number;
  readonly logger: RelayLogger;
  readonly metrics: RelayMetrics;
}

const BACKLOG_INTERVAL_MS = 5_000;

/**
 * Finishes what committed transactions began: takes the events that nobody has processed and marks them once they are
 * handled, at least once each. Every instance runs one; they skip what another one has in hand. Events of one ordering
 * key are handled in their order, one after the other; those of different keys side by side, and none holds another up.
 * An event that fails is left for later, with growing pauses, and in the end parked: its key waits until an operator
 * has it tried again.
 */
export class OutboxRelay {
  readonly #options: OutboxRelayOptions;
  readonly #ticker: Ticker;
  /** The last of the events that the run before stopped at: others may be of a store that answers. */
  #after = 0n;
  #backlogDueMs = 0;
  #stopping = false;

  constructor(options: OutboxRelayOptions) {
    this.#options = options;
    this.#ticker = new Ticker(
      async () => void (await this.runOnce()),
      options.intervalMs,
      (error) => options.logger.warn({ err: error }, 'the outbox could not be read'),
    );
  }

  /** Runs again and again from now on. */
  start(): void {
    this.#stopping = false;
    this.#ticker.start();
  }

  /** Stops; resolves when the events in hand are done with. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#ticker.stop();
  }

  /** Runs at once instead of at the next interval. */
  wake(): void {
    this.#ticker.wake();
  }

  /**
   * Takes every event that is due, and those that become due by it; ends early where another store does not answer.
   *
   * @returns how many were handled
   * @throws if Postgres does not answer
   */
  async runOnce(): Promise<number> {
    let handled = 0;
    while (!this.#stopping) {
      await this.#measure();
      const outcomes = await this.#runBatch(this.#after);
      const count = outcomes.filter(({ kind }) => kind === 'handled').length;
      handled += count;
      if (outcomes.some(({ kind }) => kind === 'unavailable')) {
        // The next run begins behind these, so that those of a store that is gone do not hide all others.
        this.#after = count > 0 ? 0n : (outcomes.at(-1)?.event.id ?? 0n);
        return handled;
      }
      if (outcomes.length === 0 && this.#after === 0n) return handled;
      if (outcomes.length === 0) this.#after = 0n;
    }
    return handled;
  }

  async #runBatch(after: bigint): Promise<readonly Outcome[]> {
    const { orm, batch, handleTimeoutMs, metrics } = this.#options;
    const outcomes = await orm.em.fork().transactional(async (tx) => {
      const events = await takeDue(tx, after, batch);
      const outcomes = await Promise.all(events.map((event) => attempt(this.#options, event, handleTimeoutMs)));
      await this.#record(tx, outcomes);
      return outcomes;
    });
    // Not before the commit: what is not marked is handled again, and would be counted twice.
    for (const { kind, event } of outcomes) {
      if (kind === 'handled') metrics.handled(event.type);
      if (kind === 'failed') metrics.failed(event.type);
    }
    return outcomes;
  }

  async #record(tx: EntityManager, outcomes: readonly Outcome[]): Promise<void> {
    const { retry, random, logger } = this.#options;
    const handled: bigint[] = [];
    const failures: FailedAttempt[] = [];
    for (const outcome of outcomes) {
      const { event } = outcome;
      if (outcome.kind === 'handled') handled.push(event.id);
      if (outcome.kind !== 'failed') continue;
      const { attempts, pauseMs, isLast } = nextAttempt(retry, event.attempts, random);
      const details = { err: outcome.error, eventId: event.eventId, type: event.type, attempts };
      if (isLast) logger.error({ ...details, orderingKey: event.orderingKey }, 'an outbox event was parked');
      else logger.warn({ ...details, pauseMs }, 'an outbox event failed');
      failures.push({ id: event.id, pauseMs, isParked: isLast, error: describeError(outcome.error) });
    }
    const outage = outcomes.find(({ kind }) => kind === 'unavailable');
    if (outage?.kind === 'unavailable') logger.warn({ err: outage.error }, 'the outbox waits for a store');
    await markProcessed(tx, handled);
    await recordFailures(tx, failures);
  }

  /** Reads what waits, now and then: any instance can tell of all. */
  async #measure(): Promise<void> {
    if (performance.now() < this.#backlogDueMs) return;
    this.#backlogDueMs = performance.now() + BACKLOG_INTERVAL_MS;
    this.#options.metrics.backlog(await readBacklog(this.#options.orm.em.fork()));
  }
}
