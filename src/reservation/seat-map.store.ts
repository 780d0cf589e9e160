import { join } from 'node:path';
import { SeatMap } from '../catalog/index.ts';
import type { RedisClient } from '../infrastructure/redis/client.ts';
import { bytesOf, listOf, LuaScript, numberOf, textOf } from '../infrastructure/redis/lua-script.ts';
import { lineKey, performanceKeyList, performanceKeys } from './reservation.keys.ts';

const script = (name: string) => new LuaScript(join(import.meta.dirname, 'lua', `${name}.lua`));
const SCRIPTS = {
  readMap: script('read-seat-map-7'),
  countTaken: script('count-taken-7'),
  publishStock: script('publish-stock-1n'),
};

/** How many seats cannot be had, and the version of the map that says so. */
export interface TakenCount {
  readonly taken: number;
  readonly version: bigint;
}

/** How often a step runs again because more holds ran out than one run takes off: a whole hall of them, and more. */
const MAX_SWEEPS = 500;

/** The seat maps of all performances in Redis. */
export class SeatMapStore {
  readonly #redis: RedisClient;

  constructor(redis: RedisClient) {
    this.#redis = redis;
  }

  /** Reads the map, true at one moment; undefined where Redis does not have it. */
  async read(concertId: string, performanceId: string): Promise<SeatMap | undefined> {
    const keys = performanceKeyList(concertId, performanceId);
    for (let run = 0; run < MAX_SWEEPS; run += 1) {
      const [code, ...rest] = await SCRIPTS.readMap.runForBytes(this.#redis, keys, []);
      if (code === 1) {
        const [version, asOfMs, taken, sold] = rest;
        return new SeatMap({
          version: BigInt(String(bytesOf(version))),
          asOfMs: Number(String(bytesOf(asOfMs))),
          taken: bytesOf(taken),
          sold: bytesOf(sold),
        });
      }
      if (code === -2) return undefined;
    }
    throw new Error('holds run out faster than they are taken off the index');
  }

  /**
   * Counts the seats that somebody holds or owns, and lets the watchers know of holds that ran out; undefined where Redis
   * does not have the map.
   */
  async countTaken(concertId: string, performanceId: string): Promise<TakenCount | undefined> {
    const reply = listOf(await SCRIPTS.countTaken.run(this.#redis, performanceKeyList(concertId, performanceId), []));
    if (numberOf(reply[0]) !== 1) return undefined;
    return { taken: numberOf(reply[1]), version: BigInt(textOf(reply[2])) };
  }

  /**
   * Writes into the concert's line how many seats are free.
   *
   * @param performanceIds those on sale, at least one
   * @param seatCount how many seats they have together
   */
  async publishStock(concertId: string, performanceIds: readonly string[], seatCount: number): Promise<void> {
    const sets = performanceIds.flatMap((performanceId) => {
      const keys = performanceKeys(concertId, performanceId);
      return [keys.held, keys.sold];
    });
    await SCRIPTS.publishStock.run(this.#redis, [lineKey(concertId), ...sets], [seatCount]);
  }
}
