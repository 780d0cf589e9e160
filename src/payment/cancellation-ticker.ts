import { Ticker } from '../shared/ticker.ts';
import type { CancellationRepository } from './cancellation.repository.ts';
import type { CancellationService } from './cancellation.service.ts';

/** What finishing cancellations stands on. */
export interface CancellationTickerDeps {
  readonly cancellations: Pick<CancellationRepository, 'unfinished'>;
  readonly service: Pick<CancellationService, 'tend'>;
  /** Between two rounds, milliseconds. */
  readonly intervalMs: number;
  /** Told of what went wrong; the next round tries it again. */
  readonly onError: (error: unknown) => void;
}

/** Goes on with every cancellation that is not done, on every instance: what one leaves, another finishes. */
export class CancellationTicker {
  readonly #deps: CancellationTickerDeps;
  readonly #ticker: Ticker;

  constructor(deps: CancellationTickerDeps) {
    this.#deps = deps;
    this.#ticker = new Ticker(() => this.round(), deps.intervalMs, deps.onError);
  }

  /** Begins. */
  start(): void {
    this.#ticker.start();
  }

  /** Ends; resolves when the present round has ended. */
  async stop(): Promise<void> {
    await this.#ticker.stop();
  }

  /** Does a part of each cancellation, and comes back at once where there is more. */
  async round(): Promise<void> {
    const { cancellations, service, onError } = this.#deps;
    for (const cancellation of await cancellations.unfinished()) {
      try {
        if (await service.tend(cancellation)) this.#ticker.wake();
      } catch (error) {
        onError(error);
      }
    }
  }
}
