/**
 * Runs a task again and again until it is stopped: never two runs at a time, the next one an interval after the last
 * one ended. `wake` brings the next run forward.
 */
export class Ticker {
  readonly #task: () => Promise<void>;
  readonly #intervalMs: number;
  readonly #onError: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #wanted = false;
  #stopped = true;

  /**
   * @param intervalMs between the end of a run and the next
   * @param onError told of every failed run; the next one comes all the same
   */
  constructor(task: () => Promise<void>, intervalMs: number, onError: (error: unknown) => void) {
    this.#task = task;
    this.#intervalMs = intervalMs;
    this.#onError = onError;
  }

  /** Begins; the first run comes at once. */
  start(): void {
    this.#stopped = false;
    this.#schedule(0);
  }

  /** Runs the task as soon as the present run ends, or at once. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#running) this.#wanted = true;
    else this.#schedule(0);
  }

  /** Ends; resolves when the present run has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#running = this.#run();
    }, delayMs);
  }

  async #run(): Promise<void> {
    this.#wanted = false;
    try {
      await this.#task();
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#running = undefined;
      if (!this.#stopped) this.#schedule(this.#wanted ? 0 : this.#intervalMs);
    }
  }
}
