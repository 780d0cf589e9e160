import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { localDir } from './paths.ts';

const stackSchema = z.object({ databaseUrl: z.string(), redisUrl: z.string() });

/** Where the stores of a running system are. */
export interface RunningStores {
  readonly databaseUrl: string;
  /** Empty where only the database is said. */
  readonly redisUrl: string;
}

/**
 * Where the stores of a running system are: the environment says so, or what `npm start` wrote down.
 *
 * @param usage of the command that asks, for its user
 * @throws Error where neither does
 */
export function runningStores(usage: string): RunningStores {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = process.env;
  if (databaseUrl) return { databaseUrl, redisUrl: redisUrl ?? '' };
  const file = join(localDir, 'stack.json');
  if (!existsSync(file)) throw new Error(`There is no DATABASE_URL and no running stack.\n${usage}`);
  const stack = stackSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  return { databaseUrl: stack.databaseUrl, redisUrl: redisUrl || stack.redisUrl };
}
