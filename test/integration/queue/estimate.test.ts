import { expect } from 'chai';
import { placeOf } from '../../../src/queue/index.ts';
import { TestLines } from '../../support/line.ts';
import { connectRedis } from '../../support/redis.ts';
import { SteppedClock } from '../../support/stepped-clock.ts';

const TICK_MS = 200;

describe('the rate of admissions, and the wait that it promises', () => {
  let lines: TestLines;
  let clock: SteppedClock;

  before(async () => {
    clock = await SteppedClock.on(await connectRedis());
    lines = new TestLines(clock.redis);
  });
  after(async () => {
    await clock.close();
    lines.close();
  });

  /** Lets the line move on for so long, a tick at a time; tells each tick. */
  const run = async (concertId: string, forMs: number, each: () => Promise<void> = async () => {}) => {
    for (let passedMs = 0; passedMs < forMs; passedMs += TICK_MS) {
      await clock.step(TICK_MS);
      await lines.store.advance(concertId);
      await each();
    }
  };

  it('are within a fifth of the truth on a steady line, from the first seconds on and at any moment', async () => {
    const ratePerSecond = 5;
    const concertId = await lines.line({ ratePerSecond, burst: 20 });
    const places = await lines.joinMany(concertId, 1_000);
    const last = places.at(-1)!;
    const estimates: { readonly atMs: number; readonly ms: number }[] = [];
    let admittedAtMs = 0;
    await run(concertId, 200_000, async () => {
      const place = placeOf(await lines.read(last), 0);
      if (place.state === 'ADMITTED') admittedAtMs ||= clock.nowMs;
      if (place.estimatedWaitMs !== undefined) estimates.push({ atMs: clock.nowMs, ms: place.estimatedWaitMs });
    });
    expect(admittedAtMs, 'the last one was admitted').to.be.greaterThan(0);
    expect(estimates.length, 'known all the time but for the first two seconds').to.be.greaterThan(900);
    const errors = estimates
      // In the last seconds a tick is a large share of what is left.
      .filter(({ atMs }) => admittedAtMs - atMs > 5_000)
      .map(({ atMs, ms }) => Math.abs(ms / (admittedAtMs - atMs) - 1));
    expect(Math.max(...errors)).to.be.lessThan(0.2);
  }).timeout(60_000);

  it('follow a rate that the operator changes, within little more than a minute', async () => {
    const concertId = await lines.line({ ratePerSecond: 10, burst: 10 });
    const places = await lines.joinMany(concertId, 1_500);
    const last = places.at(-1)!;
    await run(concertId, 60_000);
    expect((await lines.read(last)).admissionsPerSecond).to.be.closeTo(10, 1);
    await lines.changePolicy(concertId, { ratePerSecond: 2 });
    await run(concertId, 71_000);
    expect((await lines.read(last)).admissionsPerSecond).to.be.closeTo(2, 0.2);
  }).timeout(60_000);

  it('are not known while nobody was admitted, right after the first were, and after a quiet minute', async () => {
    const concertId = await lines.line({ ratePerSecond: 10, burst: 20 });
    const places = await lines.joinMany(concertId, 100);
    const last = places.at(-1)!;
    const rate = async () => (await lines.read(last)).admissionsPerSecond;
    expect(await rate()).to.equal(0);
    await run(concertId, TICK_MS);
    // What had piled up before says nothing of the rate.
    expect(await rate()).to.equal(0);
    await run(concertId, 4_000);
    expect(await rate()).to.be.closeTo(10, 1);
    await lines.changePolicy(concertId, { mode: 'PAUSED' });
    await run(concertId, 30_000);
    expect(await rate()).to.be.within(0.1, 3);
    await clock.step(121_000);
    expect(await rate()).to.equal(0);
  });

  it('count each admission once, whoever moves the line on', async () => {
    const concertId = await lines.line({ ratePerSecond: 6, burst: 10 });
    const places = await lines.joinMany(concertId, 200);
    await run(concertId, 20_000, async () => {
      await Promise.all([lines.store.advance(concertId), lines.store.advance(concertId)]);
    });
    expect((await lines.read(places.at(-1)!)).admissionsPerSecond).to.be.closeTo(6, 0.6);
  });
});
