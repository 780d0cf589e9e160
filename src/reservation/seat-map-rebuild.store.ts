import { join } from 'node:path';
import type { RedisClient } from '../infrastructure/redis/client.ts';
import { LuaScript, numberOf } from '../infrastructure/redis/lua-script.ts';
import { userMember } from '../queue/index.ts';
import type { Hall } from './hall.ts';
import { seatKeysOf } from './hold-keys.ts';
import { performanceKeyList, rebuildClaimKey } from './reservation.keys.ts';

/** A seat that was sold, to whom, and by which reservation. */
export interface SoldSeat {
  readonly seatNumber: number;
  readonly userId: string;
  readonly reservationId: string;
}

/** The performance whose map is rebuilt, and by whom. */
export interface Rebuilding {
  readonly concertId: string;
  readonly performanceId: string;
  /** An id of this attempt. */
  readonly rebuilder: string;
}

const script = (name: string) => new LuaScript(join(import.meta.dirname, 'lua', `${name}.lua`));
const SCRIPTS = {
  begin: script('begin-rebuild-8'),
  rebuild: script('rebuild-seats-8n'),
  finish: script('finish-rebuild-8'),
};

/** Seats that one script looks at, unless a row alone has more: it stays within a few milliseconds. */
const SEATS_A_STEP = 1_000;

/** For how long a claim lives without a step: past any step, short enough to wait for where an instance died. */
const CLAIM_TTL_MS = 3_000;

/** Makes seat maps anew in Redis. Every method is one or more atomic steps, each refused to who lost the claim. */
export class SeatMapRebuildStore {
  readonly #redis: RedisClient;

  constructor(redis: RedisClient) {
    this.#redis = redis;
  }

  /**
   * Claims the rebuilding of a map, and clears away what is left of it.
   *
   * @param anew also where the map is ready
   */
  async begin(rebuilding: Rebuilding, hall: Hall, anew: boolean): Promise<'begun' | 'ready' | 'taken'> {
    const rows = Buffer.alloc(2 * hall.rowStarts.length);
    for (const [index, seat] of hall.rowStarts.entries()) rows.writeUInt16BE(seat, 2 * index);
    const args = [rebuilding.rebuilder, CLAIM_TTL_MS, rows, anew ? '1' : '0'];
    const code = numberOf(await SCRIPTS.begin.run(this.#redis, keysOf(rebuilding), args));
    const result = ({ 1: 'begun', 0: 'ready', [-1]: 'taken' } as const)[code];
    if (!result) throw new TypeError('begin-rebuild answered with an unknown code');
    return result;
  }

  /**
   * Writes all seats, some rows at a time.
   *
   * @param sold those that have a valid ticket
   * @param refunded those that had one
   * @returns false where the claim was lost
   */
  async rebuild(
    rebuilding: Rebuilding,
    hall: Hall,
    sold: readonly SoldSeat[],
    refunded: readonly SoldSeat[],
  ): Promise<boolean> {
    const { concertId, performanceId, rebuilder } = rebuilding;
    const sales = [...refunded.map((seat) => saleArgs(seat, true)), ...sold.map((seat) => saleArgs(seat, false))];
    const bySeat = Map.groupBy(sales, ([seatNumber]) => seatNumber);
    for (const { firstRow, lastRow, numbers } of stepsOf(hall)) {
      const ofRows = numbers.flatMap((number) => bySeat.get(number) ?? []).flat();
      const keys = [...keysOf(rebuilding), ...seatKeysOf(concertId, performanceId, numbers)];
      const args = [rebuilder, CLAIM_TTL_MS, firstRow, lastRow, ...ofRows];
      if (numberOf(await SCRIPTS.rebuild.run(this.#redis, keys, args)) !== 1) return false;
    }
    return true;
  }

  /**
   * Says that the map is whole.
   *
   * @param isCanceled whether the performance was canceled, read after the claim
   * @returns false where the claim was lost
   */
  async finish(rebuilding: Rebuilding, isCanceled: boolean): Promise<boolean> {
    return (
      numberOf(
        await SCRIPTS.finish.run(this.#redis, keysOf(rebuilding), [rebuilding.rebuilder, isCanceled ? 1 : 0]),
      ) === 1
    );
  }
}

function saleArgs({ seatNumber, userId, reservationId }: SoldSeat, refunded: boolean) {
  return [seatNumber, userMember(userId), reservationId, refunded ? 1 : 0] as const;
}

function keysOf({ concertId, performanceId }: Rebuilding): readonly string[] {
  return [...performanceKeyList(concertId, performanceId), rebuildClaimKey(concertId, performanceId)];
}

/** Whole rows, as many at a time as one step takes. */
function* stepsOf({ rowStarts }: Hall): Generator<{ firstRow: number; lastRow: number; numbers: readonly number[] }> {
  const rows = rowStarts.length - 1;
  for (let firstRow = 1; firstRow <= rows;) {
    const firstSeat = rowStarts[firstRow - 1] ?? 0;
    const seatsUpTo = (row: number) => (rowStarts[row] ?? 0) - firstSeat;
    let lastRow = firstRow;
    while (lastRow < rows && seatsUpTo(lastRow + 1) <= SEATS_A_STEP) lastRow += 1;
    yield { firstRow, lastRow, numbers: Array.from({ length: seatsUpTo(lastRow) }, (_, index) => firstSeat + index) };
    firstRow = lastRow + 1;
  }
}
