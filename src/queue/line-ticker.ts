import { Ticker } from '../shared/ticker.ts';
import type { QueueStore } from './queue.store.ts';

/** How many runs of one line follow each other at most before the next line has its turn. */
const MAX_RUNS_PER_TICK = 250;

/**
 * Moves every open line on, on every instance: no leader is needed, since a step that is due is done once, by whoever
 * comes first.
 */
export class LineTicker {
  readonly #store: Pick<QueueStore, 'advance' | 'openLines'>;
  readonly #ticker: Ticker;

  /**
   * @param intervalMs between two rounds
   * @param onError told when a line could not be moved on; the next round tries again
   */
  constructor(
    store: Pick<QueueStore, 'advance' | 'openLines'>,
    intervalMs: number,
    onError: (error: unknown, concertId?: string) => void,
  ) {
    this.#store = store;
    this.#ticker = new Ticker(() => this.#round(onError), intervalMs, onError);
  }

  /** Begins. */
  start(): void {
    this.#ticker.start();
  }

  /** Ends; resolves when the present round has ended. */
  async stop(): Promise<void> {
    await this.#ticker.stop();
  }

  async #round(onError: (error: unknown, concertId?: string) => void): Promise<void> {
    for (const concertId of await this.#store.openLines()) {
      try {
        await this.#advance(concertId);
      } catch (error) {
        onError(error, concertId);
      }
    }
  }

  async #advance(concertId: string): Promise<void> {
    for (let run = 0; run < MAX_RUNS_PER_TICK; run += 1) {
      const advance = await this.#store.advance(concertId);
      if (!advance?.more) return;
    }
  }
}
