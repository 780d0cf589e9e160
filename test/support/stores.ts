import { PostgreSqlContainer } from '@testcontainers/postgresql';
import { GenericContainer } from 'testcontainers';
import { ensureBinaries } from '../../scripts/setup.ts';
import { startPostgres } from '../../scripts/stack/postgres.ts';
import { startRedis } from '../../scripts/stack/redis.ts';
import { composeImage } from './images.ts';

/** A running Postgres and a running Redis. */
export interface Stores {
  /** Superuser's connection string of the database `postgres`. */
  adminUrl: string;
  redisUrl: string;
  stop(): Promise<void>;
}

// Many tests run several instances, each with its own pool.
const maxConnections = 400;

/** Starts both stores from the binaries of the local stack. */
export async function startLocalStores(): Promise<Stores> {
  await ensureBinaries({ postgres: true, redis: true });
  const [postgres, redis] = await Promise.all([
    startPostgres({ persistent: false, durable: false, maxConnections }),
    startRedis({ appendOnly: false }),
  ]);
  return {
    adminUrl: postgres.url(),
    redisUrl: redis.url,
    stop: async () => void (await Promise.all([postgres.stop(), redis.stop()])),
  };
}

/** Starts both stores in containers, with the images of docker-compose.yml. */
export async function startContainerStores(): Promise<Stores> {
  const settings = { fsync: 'off', full_page_writes: 'off', max_connections: String(maxConnections) };
  const starting = [
    new PostgreSqlContainer(composeImage('postgres'))
      .withDatabase('postgres')
      .withUsername('postgres')
      .withTmpFs({ '/var/lib/postgresql': 'rw' })
      .withCommand(['postgres', ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])])
      .start(),
    new GenericContainer(composeImage('valkey/valkey')).withExposedPorts(6379).start(),
  ] as const;
  const stop = async (): Promise<void> => {
    for (const result of await Promise.allSettled(starting))
      if (result.status === 'fulfilled') await result.value.stop();
  };
  try {
    const [postgres, redis] = await Promise.all(starting);
    const redisUrl = `redis://${redis.getHost()}:${redis.getMappedPort(6379)}`;
    return { adminUrl: postgres.getConnectionUri(), redisUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
