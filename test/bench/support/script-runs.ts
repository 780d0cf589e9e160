import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { rootDir } from '../../../scripts/stack/paths.ts';
import { readLuaSource } from '../../../src/infrastructure/redis/lua-script.ts';

/** Runs that took less are of no interest, and there are many of them. */
const NOTED_FROM_US = 500;
const NOTED_RUNS = 100_000;

/** The runs of one script that Redis noted in its slow log: while one goes on, nobody else is served. */
export class ScriptRuns {
  readonly #redis: Redis;
  readonly #sha: string;

  /** @param name of a script of the line without its number of keys, such as `advance-line` */
  constructor(redis: Redis, name: string) {
    const [path] = globSync(`src/queue/lua/${name}-*.lua`, { cwd: rootDir });
    if (path === undefined) throw new Error(`there is no script ${name}`);
    this.#redis = redis;
    this.#sha = createHash('sha1')
      .update(readLuaSource(join(rootDir, path)))
      .digest('hex');
  }

  /** Begins to note runs. */
  async start(): Promise<void> {
    await this.#redis.config('SET', 'slowlog-log-slower-than', NOTED_FROM_US);
    await this.#redis.config('SET', 'slowlog-max-len', NOTED_RUNS);
    await this.#redis.slowlog('RESET');
  }

  /** How long the noted runs took, milliseconds: none where all were short. */
  async takenMs(): Promise<readonly number[]> {
    const entries = (await this.#redis.slowlog('GET', -1)) as [unknown, unknown, number, string[]][];
    return entries.filter(([, , , words]) => words.includes(this.#sha)).map(([, , tookUs]) => tookUs / 1_000);
  }
}
