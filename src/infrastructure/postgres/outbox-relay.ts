import { LockMode } from '@mikro-orm/core';
import type { MikroORM } from '@mikro-orm/core';
import { DomainError } from '../../shared/domain-error.ts';
import { OutboxEvent } from '../../shared/outbox-event.entity.ts';
import { Ticker } from '../../shared/ticker.ts';

/** Where the relay says what went wrong. */
export interface RelayLogger {
  /** Takes what belongs to the message, and the message. */
  warn(details: object, message: string): void;
}

/** What the relay needs. */
export interface OutboxRelayOptions {
  readonly orm: MikroORM;
  /**
   * Does what an event is for. May be called more than once for an event, by several instances too, so it has to be
   * safe to repeat. Must not use Postgres: the relay has a connection already.
   */
  readonly handle: (event: OutboxEvent) => Promise<void>;
  /** How long to wait between two runs, milliseconds. */
  readonly intervalMs: number;
  /** How many events one transaction takes. */
  readonly batch: number;
  readonly logger: RelayLogger;
}

// Postgres ends a transaction that is left idle for long, and with it the marks of all events of the batch.
const BATCH_MS = 5_000;
const MAX_PAUSE_MS = 30_000;
const MAX_REMEMBERED = 10_000;

interface Failure {
  readonly count: number;
  readonly notBeforeMs: number;
}

/**
 * Finishes what committed transactions began: takes the events that nobody has processed, oldest first, and marks them
 * once they are handled. Every instance runs one; they skip what another one has in hand. An event that fails is left
 * for later, with growing pauses, and holds up no other.
 */
export class OutboxRelay {
  readonly #options: OutboxRelayOptions;
  readonly #ticker: Ticker;
  readonly #failures = new Map<bigint, Failure>();
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

  /** Stops; resolves when the event in hand is done with. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#ticker.stop();
  }

  /** Runs at once instead of at the next interval. */
  wake(): void {
    this.#ticker.wake();
  }

  /**
   * Takes every event that is due once.
   *
   * @returns how many were handled
   * @throws if Postgres does not answer
   */
  async runOnce(): Promise<number> {
    let handled = 0;
    // Walks on past events that fail, so that not even a whole batch of them hides the ones behind.
    for (let after: bigint | undefined = 0n; after !== undefined;) {
      const batch = await this.#runBatch(after);
      handled += batch.handled;
      after = batch.next;
    }
    return handled;
  }

  async #runBatch(after: bigint): Promise<{ readonly handled: number; readonly next: bigint | undefined }> {
    const { orm, batch } = this.#options;
    return await orm.em.fork().transactional(async (tx) => {
      const deadlineMs = performance.now() + BATCH_MS;
      const events = await tx.find(
        OutboxEvent,
        { id: { $gt: after }, processedAt: null },
        { orderBy: { id: 'asc' }, limit: batch, lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE },
      );
      let handled = 0;
      for (const event of events) {
        const result = this.#stopping ? 'stop' : await this.#handle(event);
        if (result === 'stop') return { handled, next: undefined };
        if (result === 'handled') {
          event.processedAt = new Date();
          handled += 1;
        }
        if (performance.now() > deadlineMs) return { handled, next: event.id };
      }
      return { handled, next: events.length < batch ? undefined : events.at(-1)?.id };
    });
  }

  async #handle(event: OutboxEvent): Promise<'handled' | 'left' | 'stop'> {
    const { handle, intervalMs, logger } = this.#options;
    const failure = this.#failures.get(event.id);
    if (failure !== undefined && failure.notBeforeMs > performance.now()) return 'left';
    try {
      await handle(event);
      this.#failures.delete(event.id);
      return 'handled';
    } catch (error) {
      const count = (failure?.count ?? 0) + 1;
      logger.warn({ err: error, eventId: event.eventId, type: event.type, count }, 'an outbox event failed');
      // That is not the event's fault, and the next ones would fail alike.
      if (error instanceof DomainError && error.reason === 'STORE_UNAVAILABLE') return 'stop';
      if (this.#failures.size >= MAX_REMEMBERED) this.#failures.clear();
      const pauseMs = Math.min(intervalMs * 2 ** count, MAX_PAUSE_MS);
      this.#failures.set(event.id, { count, notBeforeMs: performance.now() + pauseMs });
      return 'left';
    }
  }
}
