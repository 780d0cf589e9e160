import { expect } from 'chai';
import type { RedisClient } from '../../src/infrastructure/redis/client.ts';
import { userMember } from '../../src/queue/index.ts';
import { performanceKeys, seatKeyPrefix } from '../../src/reservation/reservation.keys.ts';
import type { HallModel } from './hall-model.ts';

/** Which seats of which concert. */
export interface HallPlace {
  readonly concertId: string;
  readonly performanceId: string;
}

/** A seat as Redis has it. */
export interface SeatReading {
  readonly number: number;
  /** The reservation that its key names. */
  readonly holder: string | null;
  /** The first millisecond in which the key is not there any more; 0 where there is none. */
  readonly keptUntilMs: number;
  readonly sold: boolean;
  readonly taken: boolean;
}

/** Everything that Redis has of the seats of a performance, at one moment. */
export interface HallReading {
  readonly nowMs: number;
  readonly seats: readonly SeatReading[];
  /** Seat → end of its hold, as the index has it: also those that ran out and were not taken off yet. */
  readonly index: ReadonlyMap<number, number>;
  /** A byte for each row. */
  readonly runs: readonly number[];
  /** Member that stands for a user → how many seats the user owns. */
  readonly owners: ReadonlyMap<string, number>;
}

const READ = `
  local held, sold, taken, runs, owners = unpack(KEYS)
  local time, seats = redis.call('TIME'), {}
  for seat = 1, tonumber(ARGV[2]) do
    local key = ARGV[1] .. seat
    seats[seat] = { redis.call('GET', key), redis.call('PEXPIRETIME', key),
      redis.call('GETBIT', sold, seat), redis.call('GETBIT', taken, seat) }
  end
  return { time[1] * 1000 + math.floor(time[2] / 1000), redis.call('ZRANGE', held, 0, -1, 'WITHSCORES'),
    { string.byte(redis.call('GET', runs) or '', 1, -1) }, redis.call('HGETALL', owners), seats }`;

type Reply = readonly [number, string[], number[], string[], (readonly [string | null, number, number, number])[]];

/** Reads the keys and the index of a performance in one step. */
export async function readHall(
  redis: RedisClient,
  { concertId, performanceId }: HallPlace,
  seatCount: number,
): Promise<HallReading> {
  const { held, sold, taken, runs, owners } = performanceKeys(concertId, performanceId);
  const prefix = seatKeyPrefix(concertId, performanceId);
  const reply = await redis.eval(READ, 5, held, sold, taken, runs, owners, prefix, seatCount);
  const [nowMs, index, bytes, owned, seats] = reply as Reply;
  return {
    nowMs,
    seats: seats.map(([holder, lapsesAt, isSold, isTaken], each) => ({
      number: each + 1,
      holder,
      keptUntilMs: holder === null ? 0 : lapsesAt + 1,
      sold: isSold === 1,
      taken: isTaken === 1,
    })),
    index: new Map(pairsOf(index).map(([seat, endsAt]) => [Number(seat), Number(endsAt)])),
    runs: bytes,
    owners: new Map(
      pairsOf(owned).flatMap(([member, count]) => (/^(ready$|[#!])/.test(member) ? [] : [[member, Number(count)]])),
    ),
  };
}

function pairsOf(flat: readonly string[]): readonly (readonly [string, string])[] {
  return Array.from({ length: flat.length / 2 }, (_, each) => [flat[2 * each] ?? '', flat[2 * each + 1] ?? '']);
}

/** The bytes that rows have to have in the index: how many seats that are not taken stand side by side at most. */
export function runsOf(rows: readonly (readonly number[])[], isTaken: (seat: number) => boolean): readonly number[] {
  return rows.map((row) => {
    const text = row.map((seat) => (isTaken(seat) ? ' ' : 'x')).join('');
    return 192 + Math.max(...text.split(' ').map((run) => run.length));
  });
}

/** Compares the keys, and the index where the map is ready, with a model. */
export function expectAsModel(reading: HallReading, model: HallModel, users: readonly string[], when: string): void {
  const { seats, index } = reading;
  const numbers = seats.map(({ number }) => number);
  const keys = seats.map(({ holder, keptUntilMs }) => [holder, keptUntilMs]);
  const expectedKeys = numbers.map((number) => {
    const holder = model.holderOf(number);
    return [holder?.id ?? null, holder?.keptUntilMs ?? 0];
  });
  expect(keys, `keys ${when}`).to.deep.equal(expectedKeys);
  if (!model.isReady) return;

  const living = [...index].filter(([, endsAt]) => endsAt > model.nowMs);
  const expectedIndex = numbers.flatMap((number) => {
    const holder = model.sold.has(number) ? undefined : model.holderOf(number);
    return holder ? [[number, holder.keptUntilMs]] : [];
  });
  expect(
    living.toSorted(([a], [b]) => a - b),
    `index ${when}`,
  ).to.deep.equal(expectedIndex);
  const soldSeats = seats.flatMap(({ number, sold }) => (sold ? [number] : []));
  expect(soldSeats, `sold ${when}`).to.deep.equal(numbers.filter((number) => model.sold.has(number)));
  const takenSeats = seats.flatMap(({ number, taken }) => (taken ? [number] : []));
  expect(takenSeats, `taken ${when}`).to.deep.equal(
    numbers.filter((number) => index.has(number) || model.sold.has(number)),
  );
  expect(reading.runs, `runs ${when}`).to.deep.equal(runsOf(model.rows, (seat) => takenSeats.includes(seat)));
  const owned = users.map((user) => reading.owners.get(userMember(user)) ?? 0);
  const expectedOwned = users.map((user) => [...model.sold.values()].filter((owner) => owner === user).length);
  expect(owned, `owners ${when}`).to.deep.equal(expectedOwned);
}
