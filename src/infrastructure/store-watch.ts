import type { Logger } from 'pino';
import { Ticker } from '../shared/ticker.ts';
import { within } from '../shared/within.ts';

/** A store that calls depend on. */
export type StoreName = 'redis' | 'postgres';

/** Asks a store for a sign of life; rejects where there is none. */
export type Probe = () => Promise<void>;

/** What watching the stores needs. */
export interface StoreWatchOptions {
  readonly probes: Readonly<Record<StoreName, Probe>>;
  /** Between two probes of a store, milliseconds. */
  readonly intervalMs: number;
  /** After how long without an answer a store counts as gone, milliseconds. */
  readonly stallMs: number;
  readonly logger: Logger;
}

/**
 * Knows whether the stores answer. A store that was stopped keeps its connections open and simply says nothing, so the
 * drivers notice late: here it is asked all the time, and calls end as soon as it has been silent for too long.
 */
export class StoreWatch {
  readonly #options: StoreWatchOptions;
  readonly #tickers: readonly Ticker[];
  readonly #gone = new Map<StoreName, unknown>();
  readonly #failures = new Map<string, AbortController>();

  constructor(options: StoreWatchOptions) {
    this.#options = options;
    const names: readonly StoreName[] = ['redis', 'postgres'];
    this.#tickers = names.map(
      (name) =>
        new Ticker(
          () => this.#look(name),
          options.intervalMs,
          (error) => options.logger.error({ err: error, store: name }, 'watching a store failed'),
        ),
    );
  }

  /** Begins. */
  start(): void {
    for (const ticker of this.#tickers) ticker.start();
  }

  /** Ends; resolves when the present probes have ended. */
  async stop(): Promise<void> {
    await Promise.all(this.#tickers.map((ticker) => ticker.stop()));
  }

  /** A signal that is aborted while one of the stores is gone, and aborts when one of them goes. */
  failureOf(stores: readonly StoreName[]): AbortSignal {
    const group = stores.join('+');
    const known = this.#failures.get(group);
    if (known) return known.signal;
    const controller = new AbortController();
    this.#failures.set(group, controller);
    this.#judge(group, controller);
    return controller.signal;
  }

  async #look(name: StoreName): Promise<void> {
    const wasGone = this.#gone.has(name);
    try {
      await within(this.#options.probes[name](), this.#options.stallMs, name);
      this.#gone.delete(name);
      if (wasGone) this.#options.logger.info({ store: name }, 'store answers again');
    } catch (error) {
      this.#gone.set(name, error);
      if (!wasGone) this.#options.logger.warn({ store: name, err: error }, 'store does not answer');
    }
    if (this.#gone.has(name) === wasGone) return;
    for (const [group, controller] of this.#failures) this.#judge(group, controller);
  }

  #judge(group: string, controller: AbortController): void {
    const gone = group.split('+').find((name) => this.#gone.has(name as StoreName)) as StoreName | undefined;
    if (gone !== undefined) controller.abort(this.#gone.get(gone));
    else if (controller.signal.aborted) this.#failures.delete(group);
  }
}
