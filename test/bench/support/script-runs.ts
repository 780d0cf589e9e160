import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Redis } from 'ioredis';
import { rootDir } from '../../../scripts/stack/paths.ts';
import { readLuaSource } from '../../../src/infrastructure/redis/lua-script.ts';

/** Runs that took less are of no interest, and there are many of them: to note them all would fill Redis with their arguments. */
const NOTED_FROM_US = 500;
const NOTED_RUNS = 100_000;

/** One run. */
export interface ScriptRun {
  readonly tookMs: number;
  /** The second in which it ended, since 1970. */
  readonly endedAtS: number;
}

/** The runs of scripts that Redis noted in its slow log: while one goes on, nobody else is served. */
export class ScriptRuns {
  readonly #redis: Redis;
  /** Names without the number of keys, by hash. */
  readonly #names: ReadonlyMap<string, string>;
  readonly #fromUs: number;

  /**
   * @param name of a script without its number of keys, such as `advance-line`; `*` is all of them
   * @param fromUs runs that took less are not noted
   */
  constructor(redis: Redis, name: string, fromUs = NOTED_FROM_US) {
    const paths = globSync(`src/*/lua/${name}-*.lua`, { cwd: rootDir });
    if (paths.length === 0) throw new Error(`there is no script ${name}`);
    this.#redis = redis;
    this.#fromUs = fromUs;
    this.#names = new Map(
      paths.map((path) => {
        const source = readLuaSource(join(rootDir, path));
        return [createHash('sha1').update(source).digest('hex'), basename(path).replace(/-\d+n?\.lua$/, '')];
      }),
    );
  }

  /** Begins to note runs. */
  async start(): Promise<void> {
    await this.#redis.config('SET', 'slowlog-log-slower-than', this.#fromUs);
    await this.#redis.config('SET', 'slowlog-max-len', NOTED_RUNS);
    await this.#redis.slowlog('RESET');
  }

  /** How long the noted runs took, milliseconds: none where all were short. */
  async takenMs(): Promise<readonly number[]> {
    return [...(await this.byScript()).values()].flat().map(({ tookMs }) => tookMs);
  }

  /** The noted runs by the name of the script; scripts whose runs were all short are left out. */
  async byScript(): Promise<ReadonlyMap<string, readonly ScriptRun[]>> {
    const entries = (await this.#redis.slowlog('GET', -1)) as [unknown, number, number, string[]][];
    const runs = new Map<string, ScriptRun[]>();
    for (const [, endedAtS, tookUs, words] of entries) {
      const name = this.#names.get(words[1] ?? '');
      if (name === undefined) continue;
      const noted = runs.get(name) ?? [];
      runs.set(name, noted);
      noted.push({ tookMs: tookUs / 1_000, endedAtS });
    }
    return runs;
  }
}
