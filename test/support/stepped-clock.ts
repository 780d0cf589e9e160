import { createHash, randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { redisNowMs } from './redis.ts';

const TIME = "redis.call('TIME')";

/**
 * A real Redis whose scripts have a clock that a test steps: every script runs as it is but for the one call that asks the
 * server for its time. Keys that expire by themselves still do so by the server's own clock.
 */
export class SteppedClock {
  /** What the stores are given. */
  readonly redis: Redis;
  readonly #server: Redis;
  readonly #key = `frontrow-test:clock:${randomUUID()}`;
  #nowMs: number;

  private constructor(server: Redis, nowMs: number) {
    this.#server = server;
    this.#nowMs = nowMs;
    this.redis = this.#proxy();
  }

  /** Makes a clock that begins with the server's time and stands still. */
  static async on(server: Redis): Promise<SteppedClock> {
    const clock = new SteppedClock(server, await redisNowMs(server));
    await clock.step(0);
    return clock;
  }

  /** The time now, milliseconds since 1970. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Lets time pass. */
  async step(ms: number): Promise<void> {
    this.#nowMs += ms;
    const [seconds, micros] = this.#time();
    await this.#server.multi().del(this.#key).rpush(this.#key, seconds, micros).exec();
  }

  /** Removes what the clock keeps in Redis. */
  async close(): Promise<void> {
    await this.#server.del(this.#key);
  }

  #time(): [number, number] {
    return [Math.floor(this.#nowMs / 1_000), (this.#nowMs % 1_000) * 1_000];
  }

  #proxy(): Redis {
    const steppedBySha = new Map<string, string>();
    const run = (source: string, rest: (string | number)[]) =>
      this.#server.eval(source, ...(rest as [number, ...(string | number)[]]));
    const own = {
      evalsha: (sha: string, ...rest: (string | number)[]) => {
        const source = steppedBySha.get(sha);
        return source === undefined ? Promise.reject(new Error('NOSCRIPT not known yet')) : run(source, rest);
      },
      eval: (source: string, ...rest: (string | number)[]) => {
        const stepped = source.replaceAll(TIME, `redis.call('LRANGE', '${this.#key}', 0, 1)`);
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
