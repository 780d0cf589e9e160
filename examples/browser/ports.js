/**
 * Starts a timer and gives what cancels it.
 *
 * @typedef {(run: () => void, delayMs: number) => () => void} StartTimer
 */

/**
 * What is used of an EventSource.
 *
 * @typedef {object} EventStream
 * @property {((event: MessageEvent) => void) | null} onmessage
 * @property {((event: Event) => void) | null} onerror
 * @property {() => void} close
 */

/**
 * What the client takes from the browser; tests bring their own.
 *
 * @typedef {object} Ports
 * @property {(url: string, init: RequestInit) => Promise<Response>} fetch
 * @property {new (url: string) => EventStream} EventSource
 * @property {Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>} storage keeps the token over a refresh of the page
 * @property {() => number} random a number in [0, 1)
 * @property {StartTimer} startTimer
 */

/** A browser's timer fires at once when it is set for more than 24 days. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1_000;

/**
 * The browser's own; what it calls as functions is wrapped, since a browser refuses them as methods of other objects.
 *
 * @returns {Ports}
 */
export function browserPorts() {
  return {
    fetch: (url, init) => fetch(url, init),
    EventSource: globalThis.EventSource,
    storage: globalThis.sessionStorage,
    random: Math.random,
    startTimer(run, delayMs) {
      const timer = setTimeout(run, delayMs);
      return () => clearTimeout(timer);
    },
  };
}

/**
 * Waits for a time, or until the signal aborts.
 *
 * @param {number} delayMs
 * @param {AbortSignal} signal
 * @param {StartTimer} startTimer
 * @returns {Promise<void>}
 */
export function wait(delayMs, signal, startTimer) {
  return new Promise((resolve) => {
    const finish = () => {
      cancelTimer();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const cancelTimer = startTimer(finish, Math.min(delayMs, LONGEST_WAIT_MS));
    signal.addEventListener('abort', finish);
  });
}
