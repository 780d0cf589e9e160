import { type DestinationStream, type Level, type Logger, pino } from 'pino';
import { batchedLines } from './batched-lines.ts';
import { serializeError } from './serialize-error.ts';

/** What a logger is made from. */
export interface LoggerOptions {
  /** The least severe line that is written. */
  readonly level: Level | 'silent';
  /** Fields of every line, such as the instance. */
  readonly base?: Readonly<Record<string, string | number>>;
  /** Where lines go; the standard output if not said. */
  readonly destination?: DestinationStream;
}

/**
 * Names under which credentials travel. Nothing logs them on purpose; this is for the day on which somebody logs
 * headers or a request.
 */
const CREDENTIALS = [
  'authorization',
  'queue-token',
  'queueToken',
  'operator-key',
  'operatorKey',
  'operatorKeys',
  'access_token',
  'accessToken',
  'token',
  'secret',
  'password',
  'cookie',
];

/**
 * The log: one JSON object a line, with ISO times, level names, errors with their causes, and credentials hidden at
 * the top of a line and up to two levels below.
 */
export function createLogger({ level, base = {}, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service: 'frontrow', pid: process.pid, ...base },
    timestamp: isoTime(),
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: serializeError },
    redact: {
      paths: CREDENTIALS.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]),
      censor: '[hidden]',
    },
  };
  return pino(options, destination ?? batchedLines(pino.destination()));
}

/** pino's field for an ISO time; under load many lines are of one millisecond, and its text is made once. */
function isoTime(): () => string {
  let ofMs = NaN;
  let field = '';
  return () => {
    const atMs = Date.now();
    if (atMs !== ofMs) {
      ofMs = atMs;
      field = `,"time":"${new Date(atMs).toISOString()}"`;
    }
    return field;
  };
}
