import { expect } from 'chai';
import sinon from 'sinon';
import { hallOf } from '../../../src/reservation/hall.ts';
import { LiveSeats, type LiveSeatsDeps } from '../../../src/reservation/live-seats.ts';
import type { SoldSeat } from '../../../src/reservation/seat-map-rebuild.store.ts';
import { seatMapWith } from '../../support/seats.ts';
import { CONCERT_ID, NOW_MS, PERFORMANCE_ID, performanceWith, RESERVATION_ID, USER_ID } from '../support/builders.ts';
import { refusalOf, rejectionOf } from '../support/outcomes.ts';
import { stubbed } from '../support/stubbed.ts';

const map = seatMapWith({ version: 3n, asOfMs: NOW_MS, held: [1], sold: [2] });
const sold: readonly SoldSeat[] = [{ seatNumber: 2, userId: USER_ID, reservationId: RESERVATION_ID }];
const refunded: readonly SoldSeat[] = [{ seatNumber: 3, userId: USER_ID, reservationId: RESERVATION_ID }];
const performance = performanceWith();
const hall = hallOf(performance);

/** The live seats on a Redis that has the performances of `ready`, and whatever is rebuilt later. */
function setUp(...ready: string[]) {
  const loaded = new Set(ready);
  const store = stubbed<LiveSeatsDeps['store']>('read', 'countTaken');
  store.read.callsFake((_concertId, id) => Promise.resolve(loaded.has(id) ? map : undefined));
  store.countTaken.callsFake((_concertId, id) =>
    Promise.resolve(loaded.has(id) ? { taken: id.length, version: 7n } : undefined),
  );
  const rebuild = stubbed<LiveSeatsDeps['rebuild']>('begin', 'rebuild', 'finish');
  rebuild.begin.callsFake(({ performanceId }, _hall, anew) =>
    Promise.resolve(loaded.has(performanceId) && !anew ? 'ready' : 'begun'),
  );
  rebuild.rebuild.resolves(true);
  rebuild.finish.callsFake(({ performanceId }) => Promise.resolve(Boolean(loaded.add(performanceId))));
  const soldSeats = sinon.stub<[string], Promise<readonly SoldSeat[]>>().resolves(sold);
  const refundedSeats = sinon.stub<[string], Promise<readonly SoldSeat[]>>().resolves(refunded);
  const isCanceled = sinon.stub<[string], Promise<boolean>>().resolves(true);
  const delay = sinon.stub<[number], Promise<void>>().resolves();
  let ids = 0;
  const seats = new LiveSeats({
    store,
    rebuild,
    source: { soldSeats, refundedSeats, isCanceled },
    findPerformance: () => Promise.resolve(performance),
    newId: () => `rebuilder-${(ids += 1)}`,
    delay,
  });
  const waitedMs = () => delay.args.reduce((sum, [ms]) => sum + ms, 0);
  return { seats, store, rebuild, soldSeats, refundedSeats, isCanceled, delay, loaded, waitedMs };
}

describe('the live seats', () => {
  it('are read from Redis alone where Redis has them', async () => {
    const { seats, soldSeats, rebuild } = setUp(PERFORMANCE_ID);
    expect(await seats.seatMap(CONCERT_ID, PERFORMANCE_ID)).to.equal(map);
    expect([soldSeats.called, rebuild.begin.called]).to.deep.equal([false, false]);
  });

  it('are loaded with the sold ones before the first answer', async () => {
    const { seats, rebuild, soldSeats, refundedSeats, isCanceled } = setUp();
    expect(await seats.seatMap(CONCERT_ID, PERFORMANCE_ID)).to.equal(map);
    const rebuilding = { concertId: CONCERT_ID, performanceId: PERFORMANCE_ID, rebuilder: 'rebuilder-1' };
    expect(rebuild.begin.args).to.deep.equal([[rebuilding, hall, false]]);
    expect(rebuild.rebuild.args).to.deep.equal([[rebuilding, hall, sold, refunded]]);
    expect(rebuild.finish.args).to.deep.equal([[rebuilding, true]]);
    // A sale that settles after the claim is in Postgres already: what is sold is read after it, never before.
    sinon.assert.callOrder(rebuild.begin, soldSeats, refundedSeats, isCanceled, rebuild.rebuild, rebuild.finish);
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

  it('are not loaded again where Redis has them by then', async () => {
    const { seats, soldSeats } = setUp(PERFORMANCE_ID);
    await seats.load(CONCERT_ID, PERFORMANCE_ID);
    expect(soldSeats.called).to.equal(false);
  });

  it('are loaded anew when asked to, whether or not Redis has them', async () => {
    const { seats, rebuild } = setUp(PERFORMANCE_ID);
    await seats.reload(CONCERT_ID, PERFORMANCE_ID);
    await seats.reload(CONCERT_ID, PERFORMANCE_ID);
    expect(rebuild.begin.args.map(([, , anew]) => anew)).to.deep.equal([true, true]);
    expect(rebuild.finish.callCount).to.equal(2);
  });

  it('are counted by performance, those that Redis lacks loaded first', async () => {
    const { seats, rebuild } = setUp('a');
    const counts = await seats.takenSeats(CONCERT_ID, ['a', 'bb']);
    expect([...counts]).to.deep.equal([
      ['a', 1],
      ['bb', 2],
    ]);
    expect(rebuild.finish.args.map(([{ performanceId }]) => performanceId)).to.deep.equal(['bb']);
  });

  it('that are gone again right after they were loaded are a failure, not an empty hall', async () => {
    const { seats, rebuild } = setUp();
    rebuild.finish.resolves(true);
    const refusal = await refusalOf(seats.seatMap(CONCERT_ID, PERFORMANCE_ID));
    expect(refusal.reason).to.equal('STORE_UNAVAILABLE');
    expect(refusal.cause).to.include({ message: 'the seat map is missing right after it was loaded' });
  });
});

describe('live seats that another instance is rebuilding', () => {
  it('are waited for, and not rebuilt twice', async () => {
    const { seats, rebuild, soldSeats, loaded, waitedMs } = setUp();
    rebuild.begin.resolves('taken');
    rebuild.begin.onCall(3).callsFake(() => Promise.resolve(loaded.add(PERFORMANCE_ID) && 'ready'));
    expect(await seats.seatMap(CONCERT_ID, PERFORMANCE_ID)).to.equal(map);
    expect([soldSeats.called, waitedMs()]).to.deep.equal([false, 150]);
  });

  it('are taken over when the claim of the other one lapses', async () => {
    const { seats, rebuild } = setUp();
    rebuild.begin.onCall(0).resolves('taken');
    rebuild.begin.onCall(1).resolves('taken');
    expect(await seats.seatMap(CONCERT_ID, PERFORMANCE_ID)).to.equal(map);
    expect([rebuild.begin.callCount, rebuild.finish.callCount]).to.deep.equal([3, 1]);
  });

  for (const step of ['rebuild', 'finish'] as const) {
    it(`are claimed again where the claim was lost at the step ${step}`, async () => {
      const { seats, rebuild, soldSeats } = setUp();
      rebuild[step].onFirstCall().resolves(false);
      expect(await seats.seatMap(CONCERT_ID, PERFORMANCE_ID)).to.equal(map);
      const rebuilders = rebuild.begin.args.map(([{ rebuilder }]) => rebuilder);
      expect(rebuilders).to.deep.equal(['rebuilder-1', 'rebuilder-1']);
      // What is sold is read anew: more may be by now.
      expect(soldSeats.callCount).to.equal(2);
    });
  }

  it('are to be asked for again where that takes longer than four seconds: longer than the claim of a dead one', async () => {
    const { seats, rebuild, waitedMs } = setUp();
    rebuild.begin.resolves('taken');
    const refusal = await refusalOf(seats.seatMap(CONCERT_ID, PERFORMANCE_ID));
    expect(refusal).to.include({ reason: 'STORE_UNAVAILABLE', retryAfterMs: 1_000 });
    expect(waitedMs()).to.be.within(4_000, 4_100);
  });
});
