import type { DestinationStream } from 'pino';

/** Where lines go, such as `pino.destination()`. */
export interface FlushableStream extends DestinationStream {
  flushSync(): void;
}

/** What a process that is killed from one instant to the next takes with it of the log. */
const HAND_ON_MS = 10;

/** What the lines are told by. */
export interface LineSignals {
  /** Has a listener called when the process ends, before the destination is emptied for that. */
  onExit(listener: () => void): void;
  /** Has a listener called once, in a moment. */
  later(listener: () => void): void;
}

const ofProcess: LineSignals = {
  onExit: (listener) => process.prependListener('exit', listener),
  // The end of the process does not wait for it: there is the other signal.
  later: (listener) => void setTimeout(listener, HAND_ON_MS).unref(),
};

/**
 * Hands the lines of a moment on together: a write for each turn of the event loop is a twentieth of what serving its calls
 * costs.
 *
 * @param destination gets several lines at once
 */
export function batchedLines(destination: FlushableStream, signals: LineSignals = ofProcess): FlushableStream {
  const lines: string[] = [];
  const handOn = () => {
    if (lines.length > 0) destination.write(lines.splice(0).join(''));
  };
  // One by one, since pino's destination writes what comes first in the background, which the end of the process cuts off
  // where it is long; what comes after that it keeps, and writes at once when the process ends.
  const handOnAtOnce = () => {
    for (const line of lines.splice(0)) destination.write(line);
  };
  signals.onExit(handOnAtOnce);
  return {
    write(line) {
      if (lines.push(line) === 1) signals.later(handOn);
    },
    flushSync() {
      handOnAtOnce();
      destination.flushSync();
    },
  };
}
