import { Roster } from '../../shared/roster.ts';
import type { ServerCall } from './server-call.ts';
import { serverStopping } from './to-status.ts';

/** The calls that run now, so that a stop can refuse new ones, end streams and wait for the rest. */
export class InFlight {
  readonly #calls = new Roster<ServerCall>();
  readonly #waiting: (() => void)[] = [];
  #stopping = false;

  /** How many calls run. */
  get size(): number {
    return this.#calls.size;
  }

  /**
   * Counts a call until it has ended, even if its caller went away before.
   *
   * @throws SERVER_STOPPING once stop was called
   */
  add(call: ServerCall): void {
    if (this.#stopping) throw serverStopping();
    this.#calls.add(call);
    call.whenFinished(this.#delete);
  }

  // One function for all calls.
  readonly #delete = (call: ServerCall): void => {
    this.#calls.delete(call);
    if (this.#calls.size === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  };

  /** Refuses new calls from now on, and tells the streams that run. Other calls go on. */
  stop(): void {
    this.#stopping = true;
    for (const call of this.#calls.all()) if (call.method.responseStream) call.end('SERVER_STOPPING');
  }

  /** Resolves when no call runs. */
  idle(): Promise<void> {
    if (this.#calls.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
