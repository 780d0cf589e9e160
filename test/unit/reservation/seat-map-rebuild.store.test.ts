import { expect } from 'chai';
import type { Hall } from '../../../src/reservation/hall.ts';
import { performanceKeyList, rebuildClaimKey, seatKey } from '../../../src/reservation/reservation.keys.ts';
import { SeatMapRebuildStore } from '../../../src/reservation/seat-map-rebuild.store.ts';
import { compactUuid } from '../../../src/shared/ids.ts';
import { CONCERT_ID, OTHER_USER_ID, PERFORMANCE_ID, RESERVATION_ID, USER_ID } from '../support/builders.ts';
import { callOf, callsOf, fakeRedis, type Reply } from '../support/fake-redis.ts';

const CLAIM_TTL_MS = 3_000;
const rebuilding = { concertId: CONCERT_ID, performanceId: PERFORMANCE_ID, rebuilder: 'me' };
const keys = [...performanceKeyList(CONCERT_ID, PERFORMANCE_ID), rebuildClaimKey(CONCERT_ID, PERFORMANCE_ID)];

/** A hall of rows of so many seats. */
function hallWith(...rows: readonly number[]): Hall {
  const rowStarts = [1];
  for (const seatCount of rows) rowStarts.push((rowStarts.at(-1) ?? 1) + seatCount);
  return { rowStarts, sections: new Map() };
}

function storeOn(...[reply, ...later]: [Reply, ...Reply[]]) {
  const fake = fakeRedis(reply, ...later);
  return { store: new SeatMapRebuildStore(fake.redis), fake };
}

/** The first row, the last row and the seats of each step. */
async function stepsOf(hall: Hall): Promise<readonly (readonly unknown[])[]> {
  const { store, fake } = storeOn(1);
  expect(await store.rebuild(rebuilding, hall, [], [])).to.equal(true);
  return callsOf(fake).map(({ keys: used, args }) => [args[2], args[3], used.length - keys.length]);
}

describe('the claim on a map that is made anew', () => {
  it('comes with where each row begins, two bytes each, and one past the last seat', async () => {
    const { store, fake } = storeOn(1);
    expect(await store.begin(rebuilding, hallWith(10, 300), false)).to.equal('begun');
    const rows = Buffer.from([0, 1, 0, 11, 1, 55]);
    expect(callOf(fake)).to.deep.equal({ keys, args: ['me', CLAIM_TTL_MS, rows, '0'] });
  });

  it('fits the biggest hall', async () => {
    const { store, fake } = storeOn(1);
    await store.begin(rebuilding, hallWith(49_999, 1), false);
    expect(callOf(fake).args[2]).to.deep.equal(Buffer.from([0, 1, 0xc3, 0x50, 0xc3, 0x51]));
  });

  it('is made on a map that is ready only where that is asked for', async () => {
    const { store, fake } = storeOn(0);
    expect(await store.begin(rebuilding, hallWith(10), false)).to.equal('ready');
    await store.begin(rebuilding, hallWith(10), true);
    expect(callOf(fake).args[3]).to.equal('1');
  });

  it('is refused while somebody else has it, and ends with the map being whole', async () => {
    expect(await storeOn(-1).store.begin(rebuilding, hallWith(10), false)).to.equal('taken');
    const { store, fake } = storeOn(1);
    expect(await store.finish(rebuilding, true)).to.equal(true);
    expect(callOf(fake)).to.deep.equal({ keys, args: ['me', 1] });
    expect(await storeOn(-1).store.finish(rebuilding, false)).to.equal(false);
  });
});

describe('the steps in which a map is made anew', () => {
  it('are given the keys of all seats of their rows, and whose the sold and the refunded ones are', async () => {
    const { store, fake } = storeOn(1);
    const sold = [
      { seatNumber: 4, userId: OTHER_USER_ID, reservationId: 'second' },
      { seatNumber: 2, userId: USER_ID, reservationId: 'first' },
    ];
    const refunded = [{ seatNumber: 4, userId: USER_ID, reservationId: 'before' }];
    expect(await store.rebuild(rebuilding, hallWith(3, 2), sold, refunded)).to.equal(true);
    const seatKeys = [1, 2, 3, 4, 5].map((number) => seatKey(CONCERT_ID, PERFORMANCE_ID, number));
    expect(callsOf(fake)).to.deep.equal([
      {
        keys: [...keys, ...seatKeys],
        args: ['me', CLAIM_TTL_MS, 1, 2].concat(
          [2, compactUuid(USER_ID), 'first', 0],
          [4, compactUuid(USER_ID), 'before', 1],
          [4, compactUuid(OTHER_USER_ID), 'second', 0],
        ),
      },
    ]);
  });

  it('take whole rows, and up to a thousand seats', async () => {
    expect(await stepsOf(hallWith(400, 600, 1))).to.deep.equal([
      [1, 2, 1_000],
      [3, 3, 1],
    ]);
    expect(await stepsOf(hallWith(400, 601, 399))).to.deep.equal([
      [1, 1, 400],
      [2, 3, 1_000],
    ]);
  });

  it('take a row that is longer than that alone', async () => {
    expect(await stepsOf(hallWith(1, 1_500, 2, 1_001))).to.deep.equal([
      [1, 1, 1],
      [2, 2, 1_500],
      [3, 3, 2],
      [4, 4, 1_001],
    ]);
  });

  it('are each given the sold seats of their own rows', async () => {
    const { store, fake } = storeOn(1);
    const sold = [1, 1_000, 1_001].map((seatNumber) => ({
      seatNumber,
      userId: USER_ID,
      reservationId: RESERVATION_ID,
    }));
    await store.rebuild(rebuilding, hallWith(1_000, 5), sold, []);
    const numbers = callsOf(fake).map(({ args }) => args.slice(4).filter((_value, index) => index % 4 === 0));
    expect(numbers).to.deep.equal([[1, 1_000], [1_001]]);
  });

  it('end with the one at which the claim is lost', async () => {
    const { store, fake } = storeOn(1, -1, 1);
    expect(await store.rebuild(rebuilding, hallWith(1_000, 1_000, 1_000), [], [])).to.equal(false);
    expect(fake.evalsha.callCount).to.equal(2);
  });
});
