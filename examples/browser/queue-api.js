/**
 * A place as the server tells it. Durations are like `1.500s`.
 *
 * @typedef {object} Place
 * @property {string} concertId
 * @property {string} userId
 * @property {number} number in the line, in the order of the requests, from 1
 * @property {'WAITING' | 'AWAY' | 'ADMITTED' | 'COMPLETED' | 'EXPIRED' | 'LEFT'} state
 * @property {number} position 1 is next; 0 in any other state than WAITING
 * @property {number} ahead how many are ahead
 * @property {boolean} [recovering] whether the line is being put together again after an outage
 * @property {boolean} soldOut whether no seat is free just now
 * @property {string} [estimatedWait] a duration
 * @property {string} [admissionRemaining] a duration; there while ADMITTED
 * @property {string} [pollAfter] a duration; there until the place has ended
 */

/** @typedef {import('./ports.js').Ports} Ports */

/** Envoy gives up after 15 s; whoever has no answer by then lost its connection. */
const CALL_TIMEOUT_MS = 20_000;

/** A call, or a stream, that came to nothing. */
export class CallError extends Error {
  /**
   * @param {string} message
   * @param {{ status?: number, reason?: string | undefined, retryAfterMs?: number | undefined, cause?: unknown }} [options]
   */
  constructor(message, { status = 0, reason, retryAfterMs, cause } = {}) {
    super(message, { cause });
    this.name = 'CallError';
    /** The HTTP status; 0 where no answer came. */
    this.status = status;
    /** Why the server refused, such as `QUEUE_NOT_OPEN`; undefined where it did not say. */
    this.reason = reason;
    /** After how many milliseconds to try again; undefined where the server did not say. */
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same call can succeed later. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500 || this.retryAfterMs !== undefined;
  }
}

/** The calls that a place in the line needs. */
export class QueueApi {
  #baseUrl;
  #fetch;
  #startTimer;

  /**
   * @param {string} baseUrl of the API, without a slash at the end
   * @param {Pick<Ports, 'fetch' | 'startTimer'>} ports
   */
  constructor(baseUrl, { fetch, startTimer }) {
    this.#baseUrl = baseUrl;
    this.#fetch = fetch;
    this.#startTimer = startTimer;
  }

  /**
   * Asks for a place at the end of the line, or for the place the user has.
   *
   * @param {{ concertId: string, userId: string, token: string | undefined }} request with the token there is, if any
   * @param {AbortSignal} signal ends the call
   * @returns {Promise<{ token: string, place: Place }>}
   * @throws {CallError}
   */
  async issueToken({ concertId, userId, token }, signal) {
    return this.#call('POST', `/v1/concerts/${encodeURIComponent(concertId)}/queue/tokens`, token, signal, { userId });
  }

  /**
   * Reads the place, which counts as being seen.
   *
   * @param {string} token
   * @param {AbortSignal} signal ends the call
   * @returns {Promise<{ place: Place }>}
   * @throws {CallError}
   */
  async position(token, signal) {
    return this.#call('GET', '/v1/queue/position', token, signal);
  }

  /**
   * Gives the place up.
   *
   * @param {string} token
   * @param {AbortSignal} signal ends the call
   * @returns {Promise<{ place: Place }>}
   * @throws {CallError} with the reason HOLD_ACTIVE while the user holds seats
   */
  async leave(token, signal) {
    return this.#call('POST', '/v1/queue:leave', token, signal, {});
  }

  /**
   * Where the place is streamed. EventSource cannot send headers, so the token stands in the query.
   *
   * @param {string} token
   */
  watchUrl(token) {
    return `${this.#baseUrl}/v1/queue/position:watch?access_token=${encodeURIComponent(token)}`;
  }

  /**
   * @param {'GET' | 'POST'} method
   * @param {string} path
   * @param {string | undefined} token
   * @param {AbortSignal} signal
   * @param {object} [body]
   */
  async #call(method, path, token, signal, body) {
    // A browser's fetch wants to be called as a plain function.
    const fetch = this.#fetch;
    const timeout = new AbortController();
    const cancelTimeout = this.#startTimer(() => timeout.abort(), CALL_TIMEOUT_MS);
    try {
      const response = await fetch(this.#baseUrl + path, {
        method,
        headers: { ...(token && { 'queue-token': token }), ...(body && { 'content-type': 'application/json' }) },
        body: body ? JSON.stringify(body) : null,
        signal: AbortSignal.any([signal, timeout.signal]),
      });
      if (!response.ok) throw await refusal(response);
      return await response.json();
    } catch (error) {
      throw error instanceof CallError ? error : new CallError(`${method} ${path} has no answer`, { cause: error });
    } finally {
      cancelTimeout();
    }
  }
}

/**
 * Reads a refusal. Its time to try again stands in the details, which are exact, or in the header, which is in seconds
 * and all that a proxy sends.
 *
 * @param {Response} response
 */
async function refusal(response) {
  /** @type {{ message?: string, details?: { '@type': string, reason?: string, retryDelay?: string }[] }} */
  const { message = `HTTP ${response.status}`, details = [] } = await response.json().catch(() => ({}));
  const reason = details.find((detail) => detail.reason !== undefined)?.reason;
  const retryDelay = details.find((detail) => detail.retryDelay !== undefined)?.retryDelay;
  const retryAfter = response.headers.get('retry-after');
  const retryAfterMs = durationMs(retryDelay) ?? durationMs(retryAfter);
  return new CallError(message, { status: response.status, reason, retryAfterMs });
}

/**
 * Reads a duration of the API.
 *
 * @param {string | null | undefined} text such as `1.500s`
 * @returns {number | undefined} milliseconds; undefined where there is none
 */
export function durationMs(text) {
  const seconds = Number.parseFloat(text ?? '');
  return Number.isNaN(seconds) ? undefined : seconds * 1_000;
}

/**
 * Whether nothing more becomes of a place.
 *
 * @param {Place} place
 */
export function hasEnded({ state }) {
  return state === 'COMPLETED' || state === 'EXPIRED' || state === 'LEFT';
}
