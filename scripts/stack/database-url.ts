import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { localDir } from './paths.ts';

/**
 * Where the database of a running system is: the environment says so, or what `npm start` wrote down.
 *
 * @throws Error where neither does
 */
export function runningDatabaseUrl(): string {
  const given = process.env['DATABASE_URL'];
  if (given) return given;
  const file = join(localDir, 'stack.json');
  if (!existsSync(file)) throw new Error('There is no DATABASE_URL, and no stack that npm start runs.');
  return z.object({ databaseUrl: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).databaseUrl;
}
