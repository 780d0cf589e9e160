import { rmSync } from 'node:fs';
import { migrate } from '../../../src/infrastructure/postgres/migrate.ts';
import { startPostgres, type Postgres } from '../../../scripts/stack/postgres.ts';
import { startRedis, type Redis } from '../../../scripts/stack/redis.ts';
import { makeTempDir } from '../../../scripts/stack/temp-dir.ts';
import type { SystemStores } from './system.ts';

/** Stores that one test has to itself, to stop them as it likes. */
export interface OwnStores extends SystemStores {
  readonly postgres: Postgres;
  readonly redis: Redis;
  /** Where Redis keeps its append-only file. */
  readonly redisDir: string;
}

/** Starts a Postgres and a Redis of a test's own; `drop` stops them. */
export async function startOwnStores(): Promise<OwnStores> {
  const postgres = await startPostgres({ persistent: false, durable: false });
  const redisDir = makeTempDir('redis');
  const redis = await startRedis({ dataDir: redisDir, appendOnly: true, settings: { appendfsync: 'always' } });
  await postgres.createDatabase('frontrow');
  const databaseUrl = postgres.url('frontrow');
  await migrate(databaseUrl);
  return {
    postgres,
    redis,
    redisDir,
    databaseUrl,
    redisUrl: redis.url,
    async drop() {
      await redis.stop();
      rmSync(redisDir, { recursive: true, force: true });
      await postgres.stop();
    },
  };
}
