import { expect } from 'chai';
import sinon, { type SinonFakeTimers } from 'sinon';
import type { PerformanceView } from '../../../src/catalog/index.ts';
import { StockTicker, type StockTickerDeps } from '../../../src/reservation/stock-ticker.ts';
import { CONCERT_ID, NOW_MS, OTHER_CONCERT_ID, PERFORMANCE_ID, performanceWith } from '../support/builders.ts';
import { FakeClock } from '../support/clock.ts';
import { rejectionOf } from '../support/outcomes.ts';
import { stubbed } from '../support/stubbed.ts';
import { fakeTimers } from '../support/timers.ts';

const CLOSE_AFTER_MS = 3_600_000;

function setUp(performances: readonly PerformanceView[] = [performanceWith()]) {
  const seatMaps = stubbed<StockTickerDeps['seatMaps']>('publishStock');
  const liveSeats = stubbed<StockTickerDeps['liveSeats']>('takenSeats');
  const openLines = sinon.stub<[], Promise<readonly string[]>>().resolves([CONCERT_ID, OTHER_CONCERT_ID]);
  const closeLine = sinon.stub<[string], Promise<void>>().resolves();
  const errors: unknown[][] = [];
  seatMaps.publishStock.resolves();
  liveSeats.takenSeats.resolves(new Map());
  const ticker = new StockTicker({
    seatMaps,
    liveSeats,
    openLines,
    closeLine,
    closeAfterMs: CLOSE_AFTER_MS,
    performancesOf: () => Promise.resolve(performances),
    clock: new FakeClock(NOW_MS),
    intervalMs: 500,
    onError: (...told) => errors.push(told),
  });
  return { ticker, seatMaps, liveSeats, openLines, closeLine, errors };
}

describe('the stock of a concert', () => {
  it('is counted over the performances that are still to begin', async () => {
    const { ticker, seatMaps } = setUp([
      performanceWith({ performanceId: 'past', startsAt: new Date(NOW_MS), seatCount: 1_000 }),
      performanceWith({ performanceId: 'tonight', startsAt: new Date(NOW_MS + 1), seatCount: 50 }),
      performanceWith({ performanceId: 'tomorrow', seatCount: 30 }),
    ]);
    await ticker.publish(CONCERT_ID);
    expect(seatMaps.publishStock.args).to.deep.equal([[CONCERT_ID, ['tonight', 'tomorrow'], 80]]);
  });

  it('is written only once Redis has all sold seats', async () => {
    const { ticker, seatMaps, liveSeats } = setUp();
    const failure = new Error('no answer');
    await ticker.publish(CONCERT_ID);
    expect(liveSeats.takenSeats.calledBefore(seatMaps.publishStock)).to.equal(true);
    seatMaps.publishStock.resetHistory();
    liveSeats.takenSeats.rejects(failure);
    expect(await rejectionOf(ticker.publish(CONCERT_ID))).to.equal(failure);
    expect(seatMaps.publishStock.called).to.equal(false);
  });

  it('is none where every performance has begun, so that nobody is admitted any more', async () => {
    const { ticker, seatMaps, closeLine } = setUp([performanceWith({ startsAt: new Date(NOW_MS) })]);
    await ticker.publish(CONCERT_ID);
    expect(seatMaps.publishStock.args).to.deep.equal([[CONCERT_ID, [PERFORMANCE_ID], 0]]);
    expect(closeLine.called).to.equal(false);
  });

  it('is looked after no more when the last performance began long enough ago', async () => {
    const long = new Date(NOW_MS - CLOSE_AFTER_MS - 1);
    const { ticker, closeLine } = setUp([performanceWith({ startsAt: long })]);
    await ticker.publish(CONCERT_ID);
    expect(closeLine.args).to.deep.equal([[CONCERT_ID]]);
  });
});

describe('the ticker of the stock', () => {
  let timers: SinonFakeTimers;

  beforeEach(() => {
    timers = fakeTimers();
  });

  it('counts every open line, each round anew', async () => {
    const { ticker, seatMaps } = setUp();
    ticker.start();
    await timers.tickAsync(500);
    await ticker.stop();
    const counted = seatMaps.publishStock.args.map(([concertId]) => concertId);
    expect(counted).to.deep.equal([CONCERT_ID, OTHER_CONCERT_ID, CONCERT_ID, OTHER_CONCERT_ID]);
  });

  it('names the line that failed, and counts the others', async () => {
    const { ticker, seatMaps, errors } = setUp();
    const failure = new Error('no answer');
    seatMaps.publishStock.withArgs(CONCERT_ID).rejects(failure);
    ticker.start();
    await timers.tickAsync(0);
    await ticker.stop();
    expect(errors).to.deep.equal([[failure, CONCERT_ID]]);
    expect(seatMaps.publishStock.withArgs(OTHER_CONCERT_ID).callCount).to.equal(1);
  });

  it('tries again with the next round where it could not learn which lines are open', async () => {
    const { ticker, seatMaps, openLines, errors } = setUp();
    openLines.onFirstCall().rejects(new Error('no answer'));
    ticker.start();
    await timers.tickAsync(500);
    await ticker.stop();
    expect([errors.length, seatMaps.publishStock.callCount]).to.deep.equal([1, 2]);
  });
});
