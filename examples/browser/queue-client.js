import { Contact } from './contact.js';
import { browserPorts, wait } from './ports.js';
import { CallError, QueueApi, durationMs, hasEnded } from './queue-api.js';
import { followStream } from './queue-stream.js';

/** @typedef {import('./ports.js').Ports} Ports */
/** @typedef {import('./queue-api.js').Place} Place */

/**
 * Whose place in which line, and who is told of it.
 *
 * @typedef {object} QueueClientOptions
 * @property {string} baseUrl of the API, without a slash at the end
 * @property {string} concertId
 * @property {string} userId a UUID
 * @property {(place: Place) => void} onPlace told of the place, at the start and after each change
 * @property {(trouble: CallError | undefined) => void} [onTrouble] told why the place cannot be seen just now, and by
 *   undefined that it can be seen again; the client goes on trying meanwhile
 */

/** After so many streams in a row that brought nothing, the place is polled. */
const STREAM_TRIES = 3;
/** Polling for so long, the stream is tried again. */
const STREAM_AGAIN_MS = 60_000;
/** Where a place does not say when to poll again. */
const POLL_AFTER_MS = 5_000;

/** Stands in the line of a concert for one user, and stays there whatever becomes of connections and servers. */
export class QueueClient {
  #options;
  #ports;
  #api;
  #contact;
  #storageKey;
  #closing = new AbortController();
  /** @type {string | undefined} */
  #token;
  /** @type {Place | undefined} */
  #place;
  /** A token was refused, and no other one has worked since. */
  #isTokenDoubtful = false;
  /** In a row. */
  #streamFailures = 0;
  #polledMs = 0;

  /**
   * @param {QueueClientOptions} options
   * @param {Partial<Ports>} [ports] what is left out is the browser's
   */
  constructor(options, ports = {}) {
    this.#options = options;
    this.#ports = { ...browserPorts(), ...ports };
    this.#api = new QueueApi(options.baseUrl, this.#ports);
    this.#contact = new Contact(options.onTrouble ?? (() => {}), this.#ports.random);
    this.#storageKey = `queue-token:${options.concertId}:${options.userId}`;
  }

  /**
   * Takes a place, or the one the user has, and follows it.
   *
   * @returns {Promise<Place | undefined>} the last place that was seen, once it has ended or the client was closed
   * @throws {CallError} where the server refuses in a way that waiting does not change
   */
  async run() {
    this.#token = this.#ports.storage.getItem(this.#storageKey) ?? undefined;
    while (!this.#isOver()) {
      const waitMs = await this.#step().catch((error) => this.#recover(error));
      if (waitMs > 0 && !this.#isOver()) await wait(waitMs, this.#closing.signal, this.#ports.startTimer);
    }
    return this.#place;
  }

  /**
   * Gives the place up and closes the client.
   *
   * @returns {Promise<Place>} the place as it ended
   * @throws {CallError} with the reason HOLD_ACTIVE while the user holds seats; the client goes on
   */
  async leave() {
    if (!this.#token) throw new Error('There is no place to leave.');
    const { place } = await this.#api.leave(this.#token, this.#closing.signal);
    this.#show(place);
    this.close();
    return place;
  }

  /** Stops following; the place stays the user's. */
  close() {
    this.#closing.abort();
  }

  #isOver() {
    return this.#closing.signal.aborted || (this.#place !== undefined && hasEnded(this.#place));
  }

  /** Each step ends with how many milliseconds to wait before the next one. */
  #step() {
    if (this.#token === undefined || this.#place === undefined) return this.#takePlace();
    return this.#streamFailures < STREAM_TRIES ? this.#watch(this.#token) : this.#poll(this.#token);
  }

  async #takePlace() {
    const { concertId, userId } = this.#options;
    const request = { concertId, userId, token: this.#token };
    const { token, place } = await this.#api.issueToken(request, this.#closing.signal);
    this.#keepToken(token);
    this.#contact.made();
    this.#show(place);
    return 0;
  }

  /** @param {string} token */
  async #watch(token) {
    const onMessage = (/** @type {{ place?: Place }} */ { place }) => {
      this.#streamFailures = 0;
      this.#isTokenDoubtful = false;
      this.#contact.made();
      if (place) this.#show(place);
    };
    const { signal } = this.#closing;
    const end = await followStream(this.#api.watchUrl(token), onMessage, signal, this.#ports);
    const reconnectAfterMs = durationMs(end?.reconnectAfter);
    if (reconnectAfterMs !== undefined) return reconnectAfterMs;
    if (this.#isOver()) return 0;
    this.#streamFailures += 1;
    const backoffMs = this.#contact.failed(new CallError('the stream broke'));
    return this.#streamFailures < STREAM_TRIES ? backoffMs : this.#pollAfterMs();
  }

  /** @param {string} token */
  async #poll(token) {
    const { place } = await this.#api.position(token, this.#closing.signal);
    this.#isTokenDoubtful = false;
    this.#contact.made();
    this.#show(place);
    const waitMs = this.#pollAfterMs();
    this.#polledMs += waitMs;
    if (this.#polledMs >= STREAM_AGAIN_MS) {
      this.#polledMs = 0;
      this.#streamFailures = STREAM_TRIES - 1;
    }
    return waitMs;
  }

  /**
   * After a step that failed.
   *
   * @param {unknown} error
   * @returns {number}
   */
  #recover(error) {
    if (this.#isOver()) return 0;
    if (!(error instanceof CallError)) throw error;
    if (error.status === 401 && !this.#isTokenDoubtful) {
      // The place is still there; without the token that is refused, the server gives a fresh one for it. The streams
      // may have failed for the same reason, which EventSource does not tell.
      this.#isTokenDoubtful = true;
      this.#keepToken(undefined);
      this.#streamFailures = 0;
      return 0;
    }
    if (!error.isPassing) throw error;
    return this.#contact.failed(error);
  }

  /** @param {Place} place */
  #show(place) {
    this.#place = place;
    if (hasEnded(place)) this.#keepToken(undefined);
    this.#options.onPlace(place);
  }

  /** @param {string | undefined} token */
  #keepToken(token) {
    this.#token = token;
    if (token === undefined) this.#ports.storage.removeItem(this.#storageKey);
    else this.#ports.storage.setItem(this.#storageKey, token);
  }

  #pollAfterMs() {
    return durationMs(this.#place?.pollAfter) ?? POLL_AFTER_MS;
  }
}
