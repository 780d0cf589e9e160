import type { CommonRedisOptions } from 'ioredis';
import type { Logger } from 'pino';

/** How a connection to Redis behaves. */
export interface RedisOptions {
  /** One URL, or those of several nodes of a cluster, separated by commas. */
  readonly url: string;
  /** A command that is not answered by then is given up; its script may still run, so scripts are safe to repeat. */
  readonly commandTimeoutMs: number;
  readonly logger: Logger;
  /** What the connection is for, as `CLIENT LIST` shows it. */
  readonly name: string;
}

/** Where a node of a cluster listens, as the nodes themselves call it. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

const CONNECT_TIMEOUT_MS = 1_000;
const MAX_RECONNECT_DELAY_MS = 500;

/** The time before an attempt to connect again, milliseconds. */
export function reconnectDelayMs(attempt: number): number {
  return Math.min(25 * 2 ** Math.min(attempt, 10), MAX_RECONNECT_DELAY_MS);
}

/** The URLs of a setting. */
export function urlsOf({ url }: Pick<RedisOptions, 'url'>): readonly string[] {
  return url.split(',').map((each) => each.trim());
}

/** What every connection has in common: it fails fast and never sends a command twice. */
export function failFast({ name, commandTimeoutMs }: RedisOptions) {
  return {
    connectionName: `frontrow-${name}`,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: commandTimeoutMs,
    // A connection that swallows everything without a word would be used until the kernel gives it up, a quarter of an
    // hour later: one from which nothing comes while an answer is due is made anew.
    socketTimeout: commandTimeoutMs,
    autoResendUnfulfilledCommands: false,
    // Subscriptions does it. ioredis listens to no answer of its own: where the link breaks again just then, the rejection
    // is nobody's, and would end the process.
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    // After a failover the name leads to the new primary, but a connection stays with the old one, which refuses writes.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  } satisfies CommonRedisOptions;
}
