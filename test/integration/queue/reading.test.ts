import { expect } from 'chai';
import { lineKeys } from '../../../src/queue/index.ts';
import { TestLines } from '../../support/line.ts';
import { redisNowMs } from '../../support/redis.ts';

const WINDOW_MS = 60_000;

describe('reading a line', () => {
  let lines: TestLines;

  before(async () => {
    lines = await TestLines.open();
  });

  after(() => lines.close());

  it('gives the rank as the position, whoever leaves in front', async () => {
    const concertId = await lines.line();
    const places = await lines.joinMany(concertId, 5);
    const positions = async () => (await lines.store.read(concertId, places, false))?.map((place) => place.position);
    expect(await positions()).to.deep.equal([1, 2, 3, 4, 5]);
    await lines.store.leave(places[1]!);
    expect(await positions()).to.deep.equal([1, 0, 2, 3, 4]);
  });

  it('gives several places in one step, in the order in which they were asked for', async () => {
    const concertId = await lines.line({ capacity: 1 });
    const [inside, waiting, left] = await lines.joinMany(concertId, 3);
    await lines.store.leave(left!);
    await lines.store.advance(concertId);
    const read = await lines.store.read(concertId, [left!, waiting!, inside!, { ...waiting!, epoch: 7 }], false);
    expect(read?.map(({ userId, state }) => [userId, state])).to.deep.equal([
      [left!.userId, 'LEFT'],
      [waiting!.userId, 'WAITING'],
      [inside!.userId, 'ADMITTED'],
      [waiting!.userId, 'EXPIRED'],
    ]);
    expect(new Set(read?.map((place) => place.asOfMs)).size).to.equal(1);
  });

  it('shows a place of another epoch as EXPIRED, and touches nothing', async () => {
    const place = await lines.join(await lines.line());
    expect(await lines.read({ ...place, epoch: 2 }, true)).to.include({ state: 'EXPIRED', position: 0 });
    expect(await lines.read({ ...place, epoch: 0 }, true)).to.include({ state: 'EXPIRED', position: 0 });
    expect((await lines.read(place)).state).to.equal('WAITING');
  });

  it('shows a number that was never given, or is somebody else’s, as EXPIRED', async () => {
    const concertId = await lines.line();
    const [first, second] = await lines.joinMany(concertId, 2);
    expect((await lines.read({ ...first!, number: 99 })).state).to.equal('EXPIRED');
    expect((await lines.read({ ...first!, number: second!.number })).state).to.equal('EXPIRED');
  });

  it('counts who waits, is away and is inside, and the last number', async () => {
    const concertId = await lines.line({ capacity: 2 });
    const places = await lines.joinMany(concertId, 6);
    await lines.store.leave(places[5]!);
    await lines.store.advance(concertId);
    const counts = await lines.store.count(concertId);
    expect(counts).to.include({ waiting: 3, away: 0, admitted: 2, lastNumber: 6, epoch: 1, seatsFree: undefined });
  });

  it('measures the rate of a steady line within a fifth, at any moment of the minute', async () => {
    const perSecond = 5;
    const concertId = await lines.line();
    const place = await lines.join(concertId);
    const nowMs = await redisNowMs(lines.redis);
    await lines.redis.hset(lineKeys(concertId).line, {
      rate_window: Math.floor(nowMs / WINDOW_MS),
      rate_count: Math.round((perSecond * (nowMs % WINDOW_MS)) / 1_000),
      rate_before: (perSecond * WINDOW_MS) / 1_000,
    });
    expect((await lines.read(place)).admissionsPerSecond).to.be.within(perSecond * 0.8, perSecond * 1.2);
    expect((await lines.store.count(concertId))?.admissionsPerSecond).to.be.within(perSecond * 0.8, perSecond * 1.2);
  });

  it('lets what was admitted in the minute before count less and less, and then not at all', async () => {
    const concertId = await lines.line();
    const place = await lines.join(concertId);
    const { line } = lineKeys(concertId);
    const window = Math.floor((await redisNowMs(lines.redis)) / WINDOW_MS);
    await lines.redis.hset(line, { rate_window: window - 1, rate_count: 600, rate_before: 600 });
    const { admissionsPerSecond, asOfMs } = await lines.read(place);
    // The minute may have turned since the fields were written.
    if (Math.floor(asOfMs / WINDOW_MS) === window) {
      expect(admissionsPerSecond).to.be.closeTo(10 * (1 - (asOfMs % WINDOW_MS) / WINDOW_MS), 0.01);
    }
    await lines.redis.hset(line, { rate_window: window - 3, rate_count: 600, rate_before: 600 });
    expect((await lines.read(place)).admissionsPerSecond).to.equal(0);
  });

  it('counts every admission into the measured rate, once', async () => {
    const concertId = await lines.line({ capacity: 12 });
    const places = await lines.joinMany(concertId, 15);
    expect((await lines.read(places[0]!)).admissionsPerSecond).to.equal(0);
    await lines.store.advance(concertId);
    await lines.store.advance(concertId);
    expect((await lines.read(places[0]!)).admissionsPerSecond).to.be.closeTo(12 / 60, 0.01);
  });
});
