import { join } from 'node:path';
import type { RedisClient } from '../infrastructure/redis/client.ts';
import { bytesOf, listOf, LuaScript, numberOf, textOf } from '../infrastructure/redis/lua-script.ts';
import { seatKeysOf } from './hold-keys.ts';
import { performanceKeyList, performanceKeys } from './reservation.keys.ts';

const script = (name: string) => new LuaScript(join(import.meta.dirname, 'lua', `${name}.lua`));
const SCRIPTS = { readSeats: script('read-seats-7n'), readRows: script('read-rows-7') };

/** Seats that one script reads: it stays within a millisecond or two. */
const SEATS_A_STEP = 500;

/** A seat as Redis has it. */
export interface SeatReading {
  readonly number: number;
  /** The reservation that its key names; undefined where it has none. */
  readonly holder: string | undefined;
  /** The first millisecond in which the key is not there any more; 0 where there is none. */
  readonly keptUntilMs: number;
  /** The end of its hold in the index; 0 where it is not in it. */
  readonly indexedUntilMs: number;
  readonly sold: boolean;
  readonly taken: boolean;
}

/** Some seats of a performance at one moment. */
export interface SeatsReading {
  readonly nowMs: number;
  /** Those that are not free in every way. */
  readonly seats: readonly SeatReading[];
}

/** What the index has of the rows of a performance at one moment. */
export interface RowsReading {
  /** A byte for each row. */
  readonly runs: Buffer;
  /** Two bytes for each row, and for one more past the last. */
  readonly rows: Buffer;
  /** A bit for each seat, at its number. */
  readonly taken: Buffer;
}

/** Who owns what of a performance. */
export interface OwnersReading {
  /** How many seats each user owns, by the member that stands for the user. */
  readonly counts: ReadonlyMap<string, number>;
  /** The reservation that bought each sold seat. */
  readonly sales: ReadonlyMap<number, string>;
}

/** Reads what Redis has of the seats of a performance, key by key, for the auditor. Changes nothing. */
export class HallReadingStore {
  readonly #redis: RedisClient;

  constructor(redis: RedisClient) {
    this.#redis = redis;
  }

  /**
   * Reads all seats, some at a time, each part true at one moment; undefined where Redis does not have the map, or lost it
   * meanwhile.
   *
   * @param seatCount how many seats the performance has
   */
  async seats(
    concertId: string,
    performanceId: string,
    seatCount: number,
  ): Promise<readonly SeatsReading[] | undefined> {
    const performance = performanceKeyList(concertId, performanceId);
    const parts: SeatsReading[] = [];
    for (let first = 1; first <= seatCount; first += SEATS_A_STEP) {
      const count = Math.min(SEATS_A_STEP, seatCount - first + 1);
      const numbers = Array.from({ length: count }, (_none, index) => first + index);
      const keys = [...performance, ...seatKeysOf(concertId, performanceId, numbers)];
      const [code, now, seats] = listOf(await SCRIPTS.readSeats.run(this.#redis, keys, [first]));
      if (numberOf(code) !== 1) return undefined;
      parts.push({ nowMs: numberOf(now), seats: listOf(seats).map((text) => seatOf(textOf(text))) });
    }
    return parts;
  }

  /** Reads what the index has of the rows; undefined where Redis does not have the map. */
  async rows(concertId: string, performanceId: string): Promise<RowsReading | undefined> {
    const keys = performanceKeyList(concertId, performanceId);
    const [code, runs, rows, taken] = await SCRIPTS.readRows.runForBytes(this.#redis, keys, []);
    return code === 1 ? { runs: bytesOf(runs), rows: bytesOf(rows), taken: bytesOf(taken) } : undefined;
  }

  /** Reads who owns what of a performance. */
  async owners(concertId: string, performanceId: string): Promise<OwnersReading> {
    const fields = await this.#redis.hgetall(performanceKeys(concertId, performanceId).owners);
    const counts = new Map<string, number>();
    const sales = new Map<number, string>();
    for (const [name, value] of Object.entries(fields)) {
      if (name.startsWith('#')) sales.set(Number(name.slice(1)), value);
      else if (name !== 'ready' && !name.startsWith('!')) counts.set(name, Number(value));
    }
    return { counts, sales };
  }
}

function seatOf(text: string): SeatReading {
  const [number, holder, keptUntil, indexedUntil, sold, taken] = text.split('|');
  return {
    number: Number(number),
    holder: holder === '' ? undefined : holder,
    keptUntilMs: Number(keptUntil),
    indexedUntilMs: Number(indexedUntil),
    sold: sold === '1',
    taken: taken === '1',
  };
}
