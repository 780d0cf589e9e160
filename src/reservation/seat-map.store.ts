import { join } from 'node:path';
import type { SeatMap } from '../catalog/index.ts';
import type { RedisClient } from '../infrastructure/redis/client.ts';
import { listOf, LuaScript, numberOf, textOf } from '../infrastructure/redis/lua-script.ts';
import { userMember } from '../queue/index.ts';
import { lineKey, ownedKey, performanceKeys } from './reservation.keys.ts';

/** A seat that was sold, and to whom. */
export interface SoldSeat {
  readonly seatNumber: number;
  readonly userId: string;
}

const script = (name: string) => new LuaScript(join(import.meta.dirname, 'lua', `${name}.lua`));
const SCRIPTS = {
  readMap: script('read-seat-map-3'),
  countTaken: script('count-taken-3'),
  loadSold: script('load-sold-3'),
  publishStock: script('publish-stock-1n'),
};

/** Seats that one script loads: it stays within a few milliseconds. */
const LOAD_BATCH = 2_000;

/** The seat maps of all performances in Redis. Every method is one atomic step. */
export class SeatMapStore {
  readonly #redis: RedisClient;

  constructor(redis: RedisClient) {
    this.#redis = redis;
  }

  /** Reads the map; undefined where Redis does not have it. */
  async read(concertId: string, performanceId: string): Promise<SeatMap | undefined> {
    const reply = listOf(await SCRIPTS.readMap.run(this.#redis, keysOf(concertId, performanceId), []));
    if (numberOf(reply[0]) !== 1) return undefined;
    return {
      version: BigInt(textOf(reply[1])),
      asOfMs: numberOf(reply[2]),
      held: new Set(listOf(reply[3]).map(numberOf)),
      sold: new Set(listOf(reply[4]).map(numberOf)),
    };
  }

  /** Counts the seats that somebody holds or owns; undefined where Redis does not have the map. */
  async countTaken(concertId: string, performanceId: string): Promise<number | undefined> {
    const reply = listOf(await SCRIPTS.countTaken.run(this.#redis, keysOf(concertId, performanceId), []));
    return numberOf(reply[0]) === 1 ? numberOf(reply[1]) : undefined;
  }

  /** Loads the sold seats of a performance that Redis does not have; safe to repeat and beside sales that settle. */
  async load(concertId: string, performanceId: string, sold: readonly SoldSeat[]): Promise<void> {
    const keys = performanceKeys(concertId, performanceId);
    for (let start = 0; start === 0 || start < sold.length; start += LOAD_BATCH) {
      const batch = sold.slice(start, start + LOAD_BATCH);
      const last = start + LOAD_BATCH >= sold.length;
      const pairs = batch.flatMap((seat) => [seat.seatNumber, userMember(seat.userId)]);
      await SCRIPTS.loadSold.run(
        this.#redis,
        [keys.state, keys.sold, ownedKey(concertId)],
        [last ? '1' : '0', ...pairs],
      );
    }
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

function keysOf(concertId: string, performanceId: string): readonly string[] {
  const keys = performanceKeys(concertId, performanceId);
  return [keys.state, keys.held, keys.sold];
}
