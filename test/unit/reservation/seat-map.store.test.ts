import { expect } from 'chai';
import { lineKeys } from '../../../src/queue/queue.keys.ts';
import { ownedKey, performanceKeys } from '../../../src/reservation/reservation.keys.ts';
import { SeatMapStore } from '../../../src/reservation/seat-map.store.ts';
import { compactUuid } from '../../../src/shared/ids.ts';
import { CONCERT_ID, NOW_MS, PERFORMANCE_ID, USER_ID } from '../support/builders.ts';
import { callOf, fakeRedis, type Reply } from '../support/fake-redis.ts';

const keys = performanceKeys(CONCERT_ID, PERFORMANCE_ID);

function storeOn(reply: Reply) {
  const fake = fakeRedis(reply);
  return { store: new SeatMapStore(fake.redis), fake };
}

function sold(count: number) {
  return Array.from({ length: count }, (_, index) => ({ seatNumber: index + 1, userId: USER_ID }));
}

describe('a seat map in Redis', () => {
  it('is read with its version and its moment', async () => {
    const { store, fake } = storeOn([1, '9007199254740993', NOW_MS, ['7'], ['8', '9']]);
    expect(await store.read(CONCERT_ID, PERFORMANCE_ID)).to.deep.equal({
      version: 9_007_199_254_740_993n,
      asOfMs: NOW_MS,
      held: new Set([7]),
      sold: new Set([8, 9]),
    });
    expect(callOf(fake).keys).to.deep.equal([keys.state, keys.held, keys.sold]);
  });

  it('is counted', async () => {
    expect(await storeOn([1, 3]).store.countTaken(CONCERT_ID, PERFORMANCE_ID)).to.equal(3);
  });

  it('is loaded with the sold seats and their owners', async () => {
    const { store, fake } = storeOn(1);
    await store.load(CONCERT_ID, PERFORMANCE_ID, sold(2));
    const user = compactUuid(USER_ID);
    expect(callOf(fake)).to.deep.equal({
      keys: [keys.state, keys.sold, ownedKey(CONCERT_ID)],
      args: ['1', 1, user, 2, user],
    });
  });

  it('is ready also where nothing was sold', async () => {
    const { store, fake } = storeOn(1);
    await store.load(CONCERT_ID, PERFORMANCE_ID, []);
    expect(callOf(fake).args).to.deep.equal(['1']);
    expect(fake.evalsha.callCount).to.equal(1);
  });

  for (const [count, flags] of [
    [2_000, ['1']],
    [2_001, ['0', '1']],
    [4_000, ['0', '1']],
  ] as const) {
    it(`is loaded with ${count} sold seats in ${flags.length} calls, and is ready with the last one alone`, async () => {
      const { store, fake } = storeOn(1);
      await store.load(CONCERT_ID, PERFORMANCE_ID, sold(count));
      const calls = fake.evalsha.args.map(([, keyCount, ...rest]) => rest.slice(keyCount));
      expect(calls.map(([flag]) => flag)).to.deep.equal(flags);
      expect(calls.flatMap(([, ...pairs]) => pairs.filter((value) => typeof value === 'number'))).to.have.length(count);
    });
  }

  it('gives the line its stock from all performances together', async () => {
    const { store, fake } = storeOn(50);
    await store.publishStock(CONCERT_ID, [PERFORMANCE_ID, 'other'], 100);
    const other = performanceKeys(CONCERT_ID, 'other');
    expect(callOf(fake)).to.deep.equal({
      keys: [lineKeys(CONCERT_ID).line, keys.held, keys.sold, other.held, other.sold],
      args: [100],
    });
  });
});
