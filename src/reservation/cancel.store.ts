import { join } from 'node:path';
import type { RedisClient } from '../infrastructure/redis/client.ts';
import { LuaScript } from '../infrastructure/redis/lua-script.ts';
import { seatKeysOf } from './hold-keys.ts';
import { performanceKeyList, performanceKeys } from './reservation.keys.ts';

const script = (name: string) => new LuaScript(join(import.meta.dirname, 'lua', `${name}.lua`));
const SCRIPTS = { cancel: script('cancel-performance-7') };

/** Seats that one command looks at. */
const SEATS_A_STEP = 500;

/** What Redis has of a performance that is canceled. */
export class CancelStore {
  readonly #redis: RedisClient;

  constructor(redis: RedisClient) {
    this.#redis = redis;
  }

  /** Ends the sale: nothing of the performance can be held, extended or paid any more. */
  async endSale(concertId: string, performanceId: string): Promise<void> {
    await SCRIPTS.cancel.run(this.#redis, performanceKeyList(concertId, performanceId), []);
  }

  /** The reservations that have the seats of a performance, read a part at a time: one that ends meanwhile may be missing. */
  async holds(concertId: string, performanceId: string): Promise<readonly string[]> {
    const { held } = performanceKeys(concertId, performanceId);
    const found = new Set<string>();
    for (let start = 0; ; start += SEATS_A_STEP) {
      const seats = await this.#redis.zrange(held, String(start), String(start + SEATS_A_STEP - 1));
      if (seats.length === 0) return [...found];
      const holders = await this.#redis.mget(...seatKeysOf(concertId, performanceId, seats.map(Number)));
      for (const holder of holders) if (holder !== null) found.add(holder);
    }
  }
}
