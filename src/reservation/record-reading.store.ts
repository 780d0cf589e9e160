import { join } from 'node:path';
import type { RedisClient } from '../infrastructure/redis/client.ts';
import { listOf, LuaScript, numberOf, textOf } from '../infrastructure/redis/lua-script.ts';
import { scanKeys } from '../infrastructure/redis/scan.ts';
import { seatKeysOf } from './hold-keys.ts';
import { payingKey, reservationKey } from './reservation.keys.ts';

const script = (name: string) => new LuaScript(join(import.meta.dirname, 'lua', `${name}.lua`));
const READ_HOLD = script('read-hold-2n');

/** Which reservation of which concert. */
export interface RecordName {
  readonly concertId: string;
  readonly reservationId: string;
}

/** A reservation as Redis keeps it, which may be past its end without anybody having noticed. */
export interface ReservationRecord extends RecordName {
  readonly performanceId: string;
  /** The member that stands for its user. */
  readonly user: string;
  readonly state: string;
  readonly seatNumbers: readonly number[];
}

/** What a reservation, its seats and the list of those that are being paid say of each other at one moment. */
export interface HoldStanding {
  readonly nowMs: number;
  readonly state: string;
  readonly expiresAtMs: number;
  /** By when its payment has committed or never will; 0 where none runs. */
  readonly deadlineMs: number;
  /** The same as the list of those that are being paid has it; 0 where it is not on it. */
  readonly listedMs: number;
  /** The reservation that the key of each seat names; empty where there is none. */
  readonly holders: readonly string[];
}

const ANY = '*';
const FIELDS = ['user', 'performance', 'state', 'seats'] as const;

/** Reads the records of reservations as they are, for the auditor. Changes nothing. */
export class RecordReadingStore {
  readonly #redis: RedisClient;

  constructor(redis: RedisClient) {
    this.#redis = redis;
  }

  /** The reservations of all concerts, in batches, without holding up the server. One may come more than once. */
  async *names(): AsyncGenerator<readonly RecordName[]> {
    const pattern = reservationKey(ANY, ANY);
    const [before = '', between = ''] = pattern.split(ANY);
    for await (const keys of scanKeys(this.#redis, pattern)) {
      yield keys.map((key) => {
        const [concertId = '', reservationId = ''] = key.slice(before.length).split(between);
        return { concertId, reservationId };
      });
    }
  }

  /** Reads one; undefined where there is none. */
  async read({ concertId, reservationId }: RecordName): Promise<ReservationRecord | undefined> {
    const key = reservationKey(concertId, reservationId);
    const [user, performanceId, state, seats] = await this.#redis.hmget(key, ...FIELDS);
    if (!user || !performanceId || !state || !seats) return undefined;
    return { concertId, reservationId, performanceId, user, state, seatNumbers: seats.split(',').map(Number) };
  }

  /** Reads how one stands with its seats; undefined where there is none any more. */
  async standing({
    concertId,
    reservationId,
    performanceId,
    seatNumbers,
  }: ReservationRecord): Promise<HoldStanding | undefined> {
    const keys = [
      reservationKey(concertId, reservationId),
      payingKey(concertId),
      ...seatKeysOf(concertId, performanceId, seatNumbers),
    ];
    const [code, now, state, expiresAt, deadline, listed, holders] = listOf(await READ_HOLD.run(this.#redis, keys, []));
    if (numberOf(code) !== 1) return undefined;
    return {
      nowMs: numberOf(now),
      state: textOf(state),
      expiresAtMs: numberOf(expiresAt),
      deadlineMs: numberOf(deadline),
      listedMs: numberOf(listed),
      holders: listOf(holders).map(textOf),
    };
  }
}
