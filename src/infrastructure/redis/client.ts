import { Redis } from 'ioredis';
import type { Logger } from 'pino';

/** How a connection to Redis behaves. */
export interface RedisOptions {
  readonly url: string;
  /** A command that is not answered by then is given up; its script may still run, so scripts are safe to repeat. */
  readonly commandTimeoutMs: number;
  readonly logger: Logger;
  /** What the connection is for, as `CLIENT LIST` shows it. */
  readonly name: string;
}

const CONNECT_TIMEOUT_MS = 1_000;
const MAX_RECONNECT_DELAY_MS = 500;

/**
 * A connection to Redis that fails fast: a command is never queued while the connection is down and never sent twice.
 * ioredis would by default resend what was in flight when the link broke, and so run a counter's script twice. It
 * reconnects by itself, for ever.
 */
export function createRedis(options: RedisOptions): Redis {
  const redis = new Redis(options.url, {
    lazyConnect: true,
    connectionName: `frontrow-${options.name}`,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: options.commandTimeoutMs,
    // A connection that swallows everything without a word would be used until the kernel gives it up, a quarter of an
    // hour later: one from which nothing comes while an answer is due is made anew.
    socketTimeout: options.commandTimeoutMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // Subscriptions does it. ioredis listens to no answer of its own: where the link breaks again just then, the rejection
    // is nobody's, and would end the process.
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    // After a failover the name leads to the new primary, but a connection stays with the old one, which refuses writes.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    retryStrategy: (attempt) => Math.min(25 * 2 ** Math.min(attempt, 10), MAX_RECONNECT_DELAY_MS),
  });
  writeOnceATurn(redis);
  redis.on('error', (error: unknown) =>
    options.logger.debug({ err: error, connection: options.name }, 'redis connection'),
  );
  redis.on('end', () => options.logger.info({ connection: options.name }, 'redis connection closed'));
  return redis;
}

/**
 * Sends the commands of one turn of the event loop with one call of the system. Requests arrive several to a packet, and one
 * such call for the command of each is a sixth of the CPU time that a request costs.
 */
function writeOnceATurn(redis: Redis): void {
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (...call) => {
    const { stream } = redis;
    // Not there before the first connection.
    if (stream && stream.writableCorked === 0) {
      stream.cork();
      setImmediate(() => stream.uncork());
    }
    return send(...call);
  };
}
