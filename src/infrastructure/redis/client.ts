import { Cluster, Redis } from 'ioredis';
import { createCluster, settled } from './cluster.ts';
import { failFast, reconnectDelayMs, urlsOf, type RedisOptions } from './connection-options.ts';

export type { RedisOptions } from './connection-options.ts';

/** What stores talk to: one server, or a cluster that is asked in the same way. */
export type RedisClient = Redis | Cluster;

/**
 * A connection to Redis that fails fast: a command is never queued while the connection is down and never sent twice.
 * ioredis would by default resend what was in flight when the link broke, and so run a counter's script twice. It
 * reconnects by itself, for ever. Several URLs make it a cluster's.
 */
export function createRedis(options: RedisOptions): RedisClient {
  return urlsOf(options).length > 1 ? createCluster(options, writeOnceATurn) : createConnection(options);
}

/** Connects, to every node of a cluster; rejects where nobody answers. */
export async function connectRedis(redis: RedisClient): Promise<void> {
  await redis.connect();
  if (redis instanceof Cluster) await settled(redis);
}

/**
 * A connection for subscriptions. What is published on any node of a cluster reaches all of them, so it is one connection
 * to one node: where that one goes, the connection moves on to another.
 *
 * @param redis knows which nodes there are, and which of them have gone
 */
export function createSubscriber(options: RedisOptions, redis: RedisClient): Redis {
  if (redis instanceof Redis) return createConnection(options);
  const subscriber: Redis = createConnection({ ...options, url: urlsOf(options)[0] ?? '' }, () => moveOn());
  const moveOn = () => {
    const ready = redis.nodes().filter((node) => node.status === 'ready' && !isAt(node));
    const { host, port } = ready[Math.floor(Math.random() * ready.length)]?.options ?? {};
    // ioredis reads the address for each attempt to connect. Where no other node answers, the last one is tried again.
    if (host !== undefined && port !== undefined) Object.assign(subscriber.options, { host, port });
  };
  const isAt = ({ options: { host, port } }: Redis) =>
    host === subscriber.options.host && port === subscriber.options.port;
  // So that the address is one by which the cluster calls the node.
  if (redis.status === 'ready') moveOn();
  else redis.once('ready', moveOn);
  // A node may leave the cluster, or fall silent, and keep its connections: nothing would be heard any more.
  redis.on('-node', (node: Redis) => {
    if (isAt(node) && subscriber.status === 'ready') subscriber.stream.destroy();
  });
  return subscriber;
}

function createConnection(options: RedisOptions, beforeReconnecting?: () => void): Redis {
  const redis = new Redis(options.url, {
    ...failFast(options),
    lazyConnect: true,
    enableOfflineQueue: false,
    retryStrategy: (attempt) => {
      beforeReconnecting?.();
      return reconnectDelayMs(attempt);
    },
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
