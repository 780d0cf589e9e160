import { PostgreSqlContainer } from '@testcontainers/postgresql';
import { GenericContainer } from 'testcontainers';
import { ensureBinaries } from '../../scripts/setup.ts';
import { startPostgres } from '../../scripts/stack/postgres.ts';
import { startRedis } from '../../scripts/stack/redis.ts';
import { composeImage } from './images.ts';
import { startRedisCluster } from './redis-cluster.ts';

/** How Redis runs: one server, or a cluster of three. */
export type RedisTopology = 'single' | 'cluster';

/** A running Postgres and a running Redis. */
export interface Stores {
  /** Superuser's connection string of the database `postgres`. */
  adminUrl: string;
  /** Of one server, or of the nodes of a cluster. */
  redisUrl: string;
  stop(): Promise<void>;
}

// Many tests run several instances, each with its own pool.
const maxConnections = 400;

/** What the tests were told to run on, by REDIS_TOPOLOGY. */
export function redisTopology(): RedisTopology {
  const asked = process.env['REDIS_TOPOLOGY'] ?? 'single';
  if (asked === 'single' || asked === 'cluster') return asked;
  throw new Error(`REDIS_TOPOLOGY must be single or cluster, not ${asked}`);
}

/** Starts both stores from the binaries of the local stack. */
export async function startLocalStores(): Promise<Stores> {
  await ensureBinaries({ postgres: true, redis: true });
  const [postgres, redis] = await Promise.all([
    startPostgres({ persistent: false, durable: false, maxConnections }),
    startLocalRedis(),
  ]);
  return {
    adminUrl: postgres.url(),
    redisUrl: redis.url,
    stop: async () => void (await Promise.all([postgres.stop(), redis.stop()])),
  };
}

/** Starts both stores in containers, with the images of docker-compose.yml; but a cluster runs from local binaries. */
export async function startContainerStores(): Promise<Stores> {
  const settings = { fsync: 'off', full_page_writes: 'off', max_connections: String(maxConnections) };
  const starting = [
    new PostgreSqlContainer(composeImage('postgres'))
      .withDatabase('postgres')
      .withUsername('postgres')
      .withTmpFs({ '/var/lib/postgresql': 'rw' })
      .withCommand(['postgres', ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])])
      .start(),
    redisTopology() === 'cluster' ? startLocalRedis() : startContainerRedis(),
  ] as const;
  const stop = async (): Promise<void> => {
    for (const result of await Promise.allSettled(starting))
      if (result.status === 'fulfilled') await result.value.stop();
  };
  try {
    const [postgres, redis] = await Promise.all(starting);
    return { adminUrl: postgres.getConnectionUri(), redisUrl: redis.url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface RunningRedis {
  readonly url: string;
  stop(): Promise<unknown>;
}

/**
 * One server, or a cluster. The nodes of a cluster tell their clients where they listen, and a container does not know
 * under which port it can be reached from outside: so a cluster is always made of processes.
 */
async function startLocalRedis(): Promise<RunningRedis> {
  await ensureBinaries({ redis: true });
  return redisTopology() === 'cluster' ? startRedisCluster() : startRedis({ appendOnly: false });
}

async function startContainerRedis(): Promise<RunningRedis> {
  const container = await new GenericContainer(composeImage('valkey/valkey')).withExposedPorts(6379).start();
  return { url: `redis://${container.getHost()}:${container.getMappedPort(6379)}`, stop: () => container.stop() };
}
