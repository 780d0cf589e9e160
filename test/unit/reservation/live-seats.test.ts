import { expect } from 'chai';
import sinon from 'sinon';
import type { SeatMap } from '../../../src/catalog/index.ts';
import { LiveSeats } from '../../../src/reservation/live-seats.ts';
import type { SeatMapStore, SoldSeat } from '../../../src/reservation/seat-map.store.ts';
import { CONCERT_ID, NOW_MS, PERFORMANCE_ID, USER_ID } from '../support/builders.ts';
import { rejectionOf } from '../support/outcomes.ts';
import { stubbed } from '../support/stubbed.ts';

const map: SeatMap = { version: 3n, asOfMs: NOW_MS, held: new Set([1]), sold: new Set([2]) };
const sold: readonly SoldSeat[] = [{ seatNumber: 2, userId: USER_ID }];

/** The live seats on a Redis that has the performances of `ready`, and whatever is loaded later. */
function setUp(...ready: string[]) {
  const loaded = new Set(ready);
  const store = stubbed<Pick<SeatMapStore, 'read' | 'countTaken' | 'load'>>('read', 'countTaken', 'load');
  store.read.callsFake((_concertId, id) => Promise.resolve(loaded.has(id) ? map : undefined));
  store.countTaken.callsFake((_concertId, id) => Promise.resolve(loaded.has(id) ? id.length : undefined));
  store.load.callsFake((_concertId, id) => Promise.resolve(void loaded.add(id)));
  const soldSeats = sinon.stub<[string], Promise<readonly SoldSeat[]>>().resolves(sold);
  return { seats: new LiveSeats(store, { soldSeats }), store, soldSeats };
}

describe('the live seats', () => {
  it('are read from Redis alone where Redis has them', async () => {
    const { seats, soldSeats } = setUp(PERFORMANCE_ID);
    expect(await seats.seatMap(CONCERT_ID, PERFORMANCE_ID)).to.equal(map);
    expect(soldSeats.called).to.equal(false);
  });

  it('are loaded with the sold ones before the first answer', async () => {
    const { seats, store } = setUp();
    expect(await seats.seatMap(CONCERT_ID, PERFORMANCE_ID)).to.equal(map);
    expect(store.load.args).to.deep.equal([[CONCERT_ID, PERFORMANCE_ID, sold]]);
  });

  it('are loaded once for all who ask at the same time', async () => {
    const { seats, soldSeats } = setUp();
    await Promise.all(Array.from({ length: 20 }, () => seats.seatMap(CONCERT_ID, PERFORMANCE_ID)));
    expect(soldSeats.callCount).to.equal(1);
  });

  it('are loaded anew by the next who asks where loading failed', async () => {
    const { seats, soldSeats } = setUp();
    const failure = new Error('no answer');
    soldSeats.onFirstCall().rejects(failure);
    expect(await rejectionOf(seats.seatMap(CONCERT_ID, PERFORMANCE_ID))).to.equal(failure);
    expect(await seats.seatMap(CONCERT_ID, PERFORMANCE_ID)).to.equal(map);
  });

  it('are loaded anew when asked to, whether or not Redis has them', async () => {
    const { seats, store } = setUp(PERFORMANCE_ID);
    await seats.load(CONCERT_ID, PERFORMANCE_ID);
    await seats.load(CONCERT_ID, PERFORMANCE_ID);
    expect(store.load.callCount).to.equal(2);
  });

  it('are counted by performance, those that Redis lacks loaded first', async () => {
    const { seats, store } = setUp('a');
    const counts = await seats.takenSeats(CONCERT_ID, ['a', 'bb']);
    expect([...counts]).to.deep.equal([
      ['a', 1],
      ['bb', 2],
    ]);
    expect(store.load.args.map(([, id]) => id)).to.deep.equal(['bb']);
  });

  it('that are gone again right after they were loaded are a failure, not an empty hall', async () => {
    const { seats, store } = setUp();
    store.load.callsFake(() => Promise.resolve());
    expect(await rejectionOf(seats.seatMap(CONCERT_ID, PERFORMANCE_ID))).to.include({
      message: 'the seat map is missing right after it was loaded',
    });
  });
});
