import { Ticker } from '../shared/ticker.ts';

/** What looking after the open lines needs. */
export interface OpenLineTaskOptions {
  /** The concerts whose lines are looked after. */
  readonly openLines: () => Promise<readonly string[]>;
  /** Between two rounds, milliseconds. */
  readonly intervalMs: number;
  /** Told which line could not be looked after; the others are, and the next round tries again. */
  readonly onError: (error: unknown, concertId?: string) => void;
}

/**
 * Something that every instance does for each open line again and again. Nobody leads: a subclass does what is due in
 * steps that may be taken by several at once, and twice.
 */
export abstract class OpenLineTask {
  readonly #options: OpenLineTaskOptions;
  readonly #ticker: Ticker;
  #known: readonly string[] = [];

  constructor(options: OpenLineTaskOptions) {
    this.#options = options;
    this.#ticker = new Ticker(() => this.round(), options.intervalMs, options.onError);
  }

  /** Begins. */
  start(): void {
    this.#ticker.start();
  }

  /** Ends; resolves when the present round has ended. */
  async stop(): Promise<void> {
    await this.#ticker.stop();
  }

  /** Looks after each open line once; where the list of them cannot be read, after those of the last one that could. */
  async round(): Promise<void> {
    try {
      this.#known = await this.#options.openLines();
    } catch (error) {
      // In a cluster the list is on one node, and the lines are on all of them.
      this.#options.onError(error);
    }
    for (const concertId of this.#known) {
      try {
        await this.tend(concertId);
      } catch (error) {
        this.#options.onError(error, concertId);
      }
    }
  }

  /** Does what is due for one line. */
  protected abstract tend(concertId: string): Promise<void>;
}
