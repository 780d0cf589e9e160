import { createHash, randomUUID } from 'node:crypto';
import type { RedisClient } from '../../src/infrastructure/redis/client.ts';
import { redisNowMs } from './redis.ts';

const TIME = "redis.call('TIME')";

/**
 * A real Redis whose scripts have a clock that a test steps: every script runs as it is but for the one call that asks the
 * server for its time. Keys that expire by themselves still do so by the server's own clock.
 */
export class SteppedClock {
  /** What the stores are given. */
  readonly redis: RedisClient;
  readonly #server: RedisClient;
  /** The clock stands beside each concert, in its slot of a cluster: its key is the concert's hash tag and this. */
  readonly #suffix = `:test-clock:${randomUUID()}`;
  readonly #shown = new Map<string, number>();
  #nowMs: number;

  private constructor(server: RedisClient, nowMs: number) {
    this.#server = server;
    this.#nowMs = nowMs;
    this.redis = this.#proxy();
  }

  /** Makes a clock that begins with the server's time and stands still. */
  static async on(server: RedisClient): Promise<SteppedClock> {
    return new SteppedClock(server, await redisNowMs(server));
  }

  /** The time now, milliseconds since 1970. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Lets time pass. */
  step(ms: number): void {
    this.#nowMs += ms;
  }

  /** Removes what the clock keeps in Redis. */
  async close(): Promise<void> {
    await Promise.all([...this.#shown.keys()].map((key) => this.#server.del(key)));
  }

  /** Sets the clock that stands beside a key. */
  async #show(besideKey: string): Promise<void> {
    const key = (/\{[^}]*\}/.exec(besideKey)?.[0] ?? '') + this.#suffix;
    if (this.#shown.get(key) === this.#nowMs) return;
    const nowMs = this.#nowMs;
    await this.#server
      .multi()
      .del(key)
      .rpush(key, ...this.#time())
      .exec();
    this.#shown.set(key, nowMs);
  }

  #time(): [number, number] {
    return [Math.floor(this.#nowMs / 1_000), (this.#nowMs % 1_000) * 1_000];
  }

  #proxy(): RedisClient {
    const steppedBySha = new Map<string, string>();
    const run = async (source: string, rest: (string | number)[]) => {
      await this.#show(String(rest[1]));
      return this.#server.eval(source, ...(rest as [number, ...(string | number)[]]));
    };
    const own = {
      evalsha: (sha: string, ...rest: (string | number)[]) => {
        const source = steppedBySha.get(sha);
        return source === undefined ? Promise.reject(new Error('NOSCRIPT not known yet')) : run(source, rest);
      },
      eval: (source: string, ...rest: (string | number)[]) => {
        const key = `string.match(KEYS[1], '{[^}]*}') .. '${this.#suffix}'`;
        const stepped = source.replaceAll(TIME, `redis.call('LRANGE', ${key}, 0, 1)`);
        steppedBySha.set(createHash('sha1').update(source).digest('hex'), stepped);
        return run(stepped, rest);
      },
      time: () => Promise.resolve(this.#time()),
    };
    return new Proxy(this.#server, {
      get: (target, name): unknown => {
        if (Object.hasOwn(own, name)) return Reflect.get(own, name);
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
      },
    });
  }
}
