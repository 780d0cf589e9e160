/** @typedef {import('./queue-api.js').CallError} CallError */

const BACKOFF_BASE_MS = 1_000;
const BACKOFF_MAX_MS = 30_000;

/** Whether the server is within reach: counts what failed in a row, and says how long to wait because of it. */
export class Contact {
  #onTrouble;
  #random;
  #failures = 0;
  /** @type {CallError | undefined} */
  #trouble;

  /**
   * @param {(trouble: CallError | undefined) => void} onTrouble told why there is no contact; undefined once there is
   * @param {() => number} random a number in [0, 1)
   */
  constructor(onTrouble, random) {
    this.#onTrouble = onTrouble;
    this.#random = random;
  }

  /** The server was heard. */
  made() {
    this.#failures = 0;
    this.#tell(undefined);
  }

  /**
   * A call or a stream failed.
   *
   * @param {CallError} error
   * @returns {number} milliseconds to wait: exponential, with full jitter, and never sooner than the server says
   */
  failed(error) {
    this.#failures += 1;
    // A single break heals before anybody could read of it.
    if (error.status !== 0 || this.#failures > 1) this.#tell(error);
    const mostMs = Math.min(BACKOFF_BASE_MS * 2 ** (this.#failures - 1), BACKOFF_MAX_MS);
    return (error.retryAfterMs ?? 0) + this.#random() * mostMs;
  }

  /** @param {CallError | undefined} trouble */
  #tell(trouble) {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#onTrouble(trouble);
  }
}
