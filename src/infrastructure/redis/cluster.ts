import { Cluster, type Redis } from 'ioredis';
import { failFast, reconnectDelayMs, urlsOf, type RedisOptions } from './connection-options.ts';

/**
 * How often a command follows a MOVED, ASK or TRYAGAIN: with any of them the node says that it has not run the command.
 * With the time between two TRYAGAIN a call waits at most a quarter of a second for a slot that is on its way.
 */
const MAX_REDIRECTIONS = 12;
const TRY_AGAIN_DELAY_MS = 20;
/** How long after losing a node or being redirected the cluster is asked who serves which slots now. */
const LOOK_AGAIN_MS = 250;

/**
 * A client of a cluster that fails as fast as a single connection, node by node: while one is down, its concerts are
 * unavailable and the others go on.
 *
 * A connection that breaks is forgotten instead of made anew in its place. So the next command for its slots asks another
 * node, which knows who serves them: the same one, or the replica that was promoted.
 *
 * @param prepare gets the connection to each node before its first command
 */
export function createCluster(options: RedisOptions, prepare: (node: Redis) => void): Cluster {
  const urls = urlsOf(options);
  const { username, password, protocol } = new URL(urls[0] ?? '');
  const cluster = new Cluster([...urls], {
    lazyConnect: true,
    enableOfflineQueue: false,
    // It asks one node, of which the connection may not be there yet, and then leaves the caller waiting for ever.
    enableReadyCheck: false,
    maxRedirections: MAX_REDIRECTIONS,
    retryDelayOnTryAgain: TRY_AGAIN_DELAY_MS,
    // Zero means never. A command that was in flight when the link broke may have run.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    clusterRetryStrategy: reconnectDelayMs,
    // A name is looked up for each connection, and certificates are compared with it.
    dnsLookup: (name, found) => found(null, name),
    redisOptions: {
      ...failFast(options),
      ...(username && { username: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
      ...(protocol === 'rediss:' && { tls: {} }),
    },
  });
  lookAtIntervals(cluster);
  cluster.on('+node', (node: Redis) => {
    prepare(node);
    connectNode(node);
  });
  const { logger, name } = options;
  const tell = (error: unknown) => logger.debug({ err: error, connection: name }, 'redis connection');
  cluster.on('error', tell);
  cluster.on('node error', tell);
  cluster.on('end', () => logger.info({ connection: name }, 'redis connection closed'));
  return cluster;
}

/** Resolves when each connection to a node is there or has failed. */
export async function settled(cluster: Cluster): Promise<void> {
  await Promise.all(
    cluster.nodes().map(async (node) => {
      if (node.status === 'ready' || node.status === 'end') return;
      await new Promise<void>((resolve) => node.once('ready', resolve).once('end', resolve));
    }),
  );
}

/**
 * Has the map of the slots read anew some time after a node was lost or a command was redirected. ioredis would read it at
 * once, over a connection of its own, for each command that is redirected to a node that is down.
 */
function lookAtIntervals(cluster: Cluster): void {
  const refresh = cluster.refreshSlotsCache.bind(cluster);
  let looking: NodeJS.Timeout | undefined;
  cluster.refreshSlotsCache = (callback) => {
    if (callback) return refresh(callback);
    looking ??= setTimeout(() => {
      looking = undefined;
      if (cluster.status === 'ready') refresh();
    }, LOOK_AGAIN_MS).unref();
  };
  cluster.on('-node', () => cluster.refreshSlotsCache());
}

function connectNode(node: Redis): void {
  // ioredis connects with the first command, which it would keep until the node answers.
  node.connect().catch(() => undefined);
  // Sent before a command that follows an ASK, and nobody listens to its answer: a rejection would end the process.
  const ask = node.asking.bind(node) as () => Promise<'OK'>;
  node.asking = () => {
    const answer = ask();
    answer.catch(() => undefined);
    return answer;
  };
}
