import { expect } from 'chai';
import { lineKeys } from '../../../src/queue/queue.keys.ts';
import { performanceKeyList, performanceKeys } from '../../../src/reservation/reservation.keys.ts';
import { SeatMapStore } from '../../../src/reservation/seat-map.store.ts';
import { bitsOf, takenSeats } from '../../support/seats.ts';
import { CONCERT_ID, NOW_MS, PERFORMANCE_ID } from '../support/builders.ts';
import { bytesCallOf, callOf, fakeRedis, type Reply } from '../support/fake-redis.ts';
import { rejectionOf } from '../support/outcomes.ts';

const keys = performanceKeys(CONCERT_ID, PERFORMANCE_ID);
const allKeys = performanceKeyList(CONCERT_ID, PERFORMANCE_ID);

function storeOn(...[reply, ...later]: [Reply, ...Reply[]]) {
  const fake = fakeRedis(reply, ...later);
  return { store: new SeatMapStore(fake.redis), fake };
}

/** A map as the script answers it. */
function mapReply(held: readonly number[], sold: readonly number[]): Reply {
  const texts = [bitsOf([...held, ...sold]), bitsOf(sold)].map((bits) => bits.toString('latin1'));
  return [1, '9007199254740993', String(NOW_MS), ...texts];
}

describe('a seat map in Redis', () => {
  it('is read with its version and its moment', async () => {
    const { store, fake } = storeOn(mapReply([7], [8, 9]));
    const map = await store.read(CONCERT_ID, PERFORMANCE_ID);
    expect(map).to.include({ version: 9_007_199_254_740_993n, asOfMs: NOW_MS });
    expect(map && takenSeats(map)).to.deep.equal({ held: [7], sold: [8, 9] });
    expect(bytesCallOf(fake)).to.deep.equal({ keys: allKeys, args: [] });
  });

  it('is read also where nobody holds or owns a seat', async () => {
    const map = await storeOn([1, '1', String(NOW_MS), '', '']).store.read(CONCERT_ID, PERFORMANCE_ID);
    expect(map && takenSeats(map)).to.deep.equal({ held: [], sold: [] });
  });

  it('is none where Redis does not have it', async () => {
    expect(await storeOn([-2]).store.read(CONCERT_ID, PERFORMANCE_ID)).to.equal(undefined);
    expect(await storeOn([-2]).store.countTaken(CONCERT_ID, PERFORMANCE_ID)).to.equal(undefined);
  });

  it('is read again while more holds ran out than one run takes off, but not for ever', async () => {
    const { store, fake } = storeOn([-9], [-9], mapReply([], [5]));
    const map = await store.read(CONCERT_ID, PERFORMANCE_ID);
    expect([map?.stateOf(5), fake.callBuffer.callCount]).to.deep.equal(['SOLD', 3]);
    expect(await rejectionOf(storeOn([-9]).store.read(CONCERT_ID, PERFORMANCE_ID))).to.be.instanceOf(Error);
  });

  it('is counted', async () => {
    const { store, fake } = storeOn([1, 3, '1764000000123']);
    expect(await store.countTaken(CONCERT_ID, PERFORMANCE_ID)).to.deep.equal({ taken: 3, version: 1764000000123n });
    expect(callOf(fake)).to.deep.equal({ keys: allKeys, args: [] });
  });

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
