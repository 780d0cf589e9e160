import { Ticker } from '../shared/ticker.ts';
import type { AdmissionLogService } from './admission-log.service.ts';
import type { QueueStore } from './queue.store.ts';

/** Moves the admission logs of all open lines to Postgres, on every instance: what was moved is moved once. */
export class AdmissionLogTicker {
  readonly #ticker: Ticker;

  /**
   * @param intervalMs between two rounds
   * @param onError told when a log could not be moved; the next round tries again
   */
  constructor(
    store: Pick<QueueStore, 'openLines'>,
    log: Pick<AdmissionLogService, 'move'>,
    intervalMs: number,
    onError: (error: unknown, concertId?: string) => void,
  ) {
    const round = async () => {
      for (const concertId of await store.openLines()) {
        await log.move(concertId).catch((error: unknown) => onError(error, concertId));
      }
    };
    this.#ticker = new Ticker(round, intervalMs, onError);
  }

  /** Begins. */
  start(): void {
    this.#ticker.start();
  }

  /** Ends; resolves when the present round has ended. */
  async stop(): Promise<void> {
    await this.#ticker.stop();
  }
}
