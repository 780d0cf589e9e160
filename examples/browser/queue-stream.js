/** @typedef {import('./queue-api.js').Place} Place */
/** @typedef {import('./ports.js').Ports} Ports */

/**
 * A message of the stream: exactly one of the three.
 *
 * @typedef {object} StreamMessage
 * @property {Place} [place]
 * @property {{ at: string }} [heartbeat]
 * @property {StreamEnd} [end]
 */

/**
 * The last message of a stream.
 *
 * @typedef {object} StreamEnd
 * @property {'PLACE_ENDED' | 'STOPPING' | 'FAILED'} reason
 * @property {string} [reconnectAfter] a duration
 */

/** The server says the place at once, so a stream that says nothing for a whole heartbeat is held up by a proxy. */
const FIRST_MESSAGE_MS = 15_000;
/** Two and a half heartbeats of 15 s. */
const SILENCE_MS = 40_000;

/**
 * Opens one stream and follows it to its end. It is always closed here: an EventSource would reopen by itself at a fixed
 * pace, and all whose server went away would come back at the same moment.
 *
 * @param {string} url
 * @param {(message: StreamMessage) => void} onMessage told of each message
 * @param {AbortSignal} signal ends it
 * @param {Pick<Ports, 'EventSource' | 'startTimer'>} ports
 * @returns {Promise<StreamEnd | undefined>} the last message; undefined where the stream broke, fell silent or was ended
 */
export function followStream(url, onMessage, signal, { EventSource, startTimer }) {
  return new Promise((resolve) => {
    const stream = new EventSource(url);
    /** @param {StreamEnd} [end] */
    const finish = (end) => {
      cancelTimer();
      signal.removeEventListener('abort', onBroken);
      stream.close();
      resolve(end);
    };
    const onBroken = () => finish();
    let cancelTimer = startTimer(onBroken, FIRST_MESSAGE_MS);
    signal.addEventListener('abort', onBroken);
    stream.onerror = onBroken;
    stream.onmessage = ({ data }) => {
      cancelTimer();
      cancelTimer = startTimer(onBroken, SILENCE_MS);
      /** @type {StreamMessage} */
      const message = JSON.parse(data);
      if (message.end) finish(message.end);
      onMessage(message);
    };
  });
}
