import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { localDir } from '../stack/paths.ts';
import { startPostgres } from '../stack/postgres.ts';
import { startRedis } from '../stack/redis.ts';

/** A store that the servers talk to, started here or by somebody else. */
export interface Store {
  url: string;
  /** What to tell the user about it. */
  description: string;
  stop(): Promise<void>;
}

/** Postgres at DATABASE_URL if that is set, else one of our own with its data in .local/. */
export async function openPostgres(logFile: string): Promise<Store> {
  const given = process.env['DATABASE_URL'];
  if (given) return { url: given, description: 'the one at DATABASE_URL', stop: async () => {} };
  const server = await startPostgres({ dataDir: join(localDir, 'postgres'), persistent: true, durable: true, logFile });
  await server.createDatabase('frontrow').catch((error: unknown) => {
    const isThere = error instanceof Error && 'code' in error && error.code === '42P04';
    if (!isThere) throw error;
  });
  return {
    url: server.url('frontrow'),
    description: `127.0.0.1:${server.port}, data in ${server.dataDir}`,
    stop: () => server.stop(),
  };
}

/** Redis at REDIS_URL if that is set, else one of our own with its append-only file in .local/. */
export async function openRedis(logFile: string, password: string): Promise<Store> {
  const given = process.env['REDIS_URL'];
  if (given) return { url: given, description: 'the one at REDIS_URL', stop: async () => {} };
  const dataDir = join(localDir, 'redis');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const server = await startRedis({ dataDir, appendOnly: true, password, logFile });
  return { url: server.url, description: `127.0.0.1:${server.port}, data in ${dataDir}`, stop: () => server.stop() };
}
