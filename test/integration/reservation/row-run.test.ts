import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { RedisClient } from '../../../src/infrastructure/redis/client.ts';
import { readLuaSource } from '../../../src/infrastructure/redis/lua-script.ts';
import { connectRedis } from '../../support/redis.ts';

const INCLUDES = join(import.meta.dirname, '../../../src/reservation/lua/includes');
// The row is the second of two, so that it begins anywhere in a byte.
const SOURCE = `${readLuaSource(join(INCLUDES, 'seat-index.lua'))}
local longest, begins = free_run({ taken = KEYS[1], rows = KEYS[2] }, 2, tonumber(ARGV[1]))
return { longest, begins }`;

/** The longest run of free seats from one to another, or the first that is long enough and where it begins. */
function freeRun(taken: ReadonlySet<number>, first: number, last: number, wanted: number): readonly number[] {
  let [longest, run] = [0, 0];
  for (let seat = first; seat <= last; seat += 1) {
    run = taken.has(seat) ? 0 : run + 1;
    longest = Math.max(longest, run);
    if (run === wanted) return [wanted, seat - wanted + 1];
  }
  return [longest];
}

describe('the free seats side by side in a row', () => {
  const id = `frontrow:row-run:${randomUUID()}`;
  let redis: RedisClient;

  before(async () => {
    redis = await connectRedis();
  });
  after(async () => {
    await redis.del(`{${id}}:taken`, `{${id}}:rows`);
    redis.disconnect();
  });

  it('are those that looking at each seat finds, wherever the row begins and whatever is taken', async () => {
    const hall = fc.record({
      first: fc.integer({ min: 1, max: 40 }),
      length: fc.integer({ min: 1, max: 120 }),
      // Mostly long runs of the same, as where groups hold.
      groups: fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.boolean()), { maxLength: 30 }),
      wanted: fc.integer({ min: 1, max: 50 }),
    });
    await fc.assert(
      fc.asyncProperty(hall, async ({ first, length, groups, wanted }) => {
        const bits = groups.flatMap(([count, isTaken]) => Array.from({ length: count }, () => isTaken));
        const taken = new Set(bits.flatMap((isTaken, seat) => (isTaken ? [seat] : [])));
        const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
        for (const seat of taken) bytes[seat >> 3] = (bytes[seat >> 3] ?? 0) | (128 >> (seat % 8));
        const rows = Buffer.alloc(6);
        [1, first, first + length].forEach((seat, row) => rows.writeUInt16BE(seat, 2 * row));
        const [takenKey, rowsKey] = [`{${id}}:taken`, `{${id}}:rows`];
        await Promise.all([redis.set(takenKey, bytes), redis.set(rowsKey, rows)]);
        const run = async (count: number | '') => redis.eval(SOURCE, 2, takenKey, rowsKey, count);

        const last = first + length - 1;
        expect(await run('')).to.deep.equal(freeRun(taken, first, last, Infinity));
        const [longest, begins] = (await run(wanted)) as [number, number?];
        const [expected, expectedBegins] = freeRun(taken, first, last, wanted);
        expect(begins).to.equal(expectedBegins);
        if (expectedBegins === undefined) expect(longest).to.equal(expected);
        else expect(longest).to.be.at.least(wanted);
      }),
      { numRuns: 500 },
    );
  });
});
