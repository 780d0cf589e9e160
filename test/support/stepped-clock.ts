import { createHash, randomUUID } from 'node:crypto';
import type { RedisClient } from '../../src/infrastructure/redis/client.ts';
import { redisNowMs } from './redis.ts';

const TIME = "redis.call('TIME')";

type Argument = string | number | Buffer;

const shaOf = (source: string): string => createHash('sha1').update(source).digest('hex');

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
    this.redis = this.over(server);
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

  #stepped(source: string): string {
    const key = `string.match(KEYS[1], '{[^}]*}') .. '${this.#suffix}'`;
    return source.replaceAll(TIME, `redis.call('LRANGE', ${key}, 0, 1)`);
  }

  #time(): [number, number] {
    return [Math.floor(this.#nowMs / 1_000), (this.#nowMs % 1_000) * 1_000];
  }

  /** Another connection to the same server or cluster, with the same clock. */
  over(connection: RedisClient): RedisClient {
    const steppedBySha = new Map<string, string>();
    const run = async (source: string, rest: Argument[]) => {
      await this.#show(String(rest[1]));
      return connection.eval(source, ...(rest as [number, ...Argument[]]));
    };
    const own = {
      callBuffer: async (command: 'evalsha' | 'eval', text: string, ...rest: Argument[]) => {
        const source = command === 'eval' ? this.#stepped(text) : steppedBySha.get(text);
        if (source === undefined) throw new Error('NOSCRIPT not known yet');
        if (command === 'eval') steppedBySha.set(shaOf(text), source);
        await this.#show(String(rest[1]));
        return connection.callBuffer('eval', source, ...rest);
      },
      evalsha: (sha: string, ...rest: Argument[]) => {
        const source = steppedBySha.get(sha);
        return source === undefined ? Promise.reject(new Error('NOSCRIPT not known yet')) : run(source, rest);
      },
      eval: (source: string, ...rest: Argument[]) => {
        const stepped = this.#stepped(source);
        steppedBySha.set(shaOf(source), stepped);
        return run(stepped, rest);
      },
      time: () => Promise.resolve(this.#time()),
    };
    return new Proxy(connection, {
      get: (target, name): unknown => {
        if (Object.hasOwn(own, name)) return Reflect.get(own, name);
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
      },
    });
  }
}
