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
      clock.step(TICK_MS);
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

  it('are right also where many are silent: they stand ahead, and are passed over at the head', async () => {
    const concertId = await lines.line({ ratePerSecond: 5, burst: 20, awayAfterMs: 10_000 });
    const places = await lines.joinMany(concertId, 600);
    const last = places.at(-1)!;
    const real = places.filter((_place, index) => index % 3 !== 0);
    clock.step(20_000);
    await lines.readAll(real, true);
    const beganAtMs = clock.nowMs;
    let estimate: { readonly atMs: number; readonly ms: number } | undefined;
    let admittedAtMs = 0;
    await run(concertId, 100_000, async () => {
      if (clock.nowMs % 8_000 < TICK_MS) await lines.readAll(real, true);
      const place = placeOf(await lines.read(last, true), 0);
      if (place.state === 'ADMITTED') admittedAtMs ||= clock.nowMs;
      else if (place.estimatedWaitMs !== undefined && clock.nowMs - beganAtMs > 20_000) {
        estimate ??= { atMs: clock.nowMs, ms: place.estimatedWaitMs };
      }
    });
    const truthMs = admittedAtMs - (estimate?.atMs ?? 0);
    expect((estimate?.ms ?? 0) / truthMs).to.be.within(0.8, 1.2);
    expect((await lines.store.count(concertId))?.away, 'all the silent ones').to.equal(200);
  }).timeout(60_000);

  it('say nothing of places beyond the free room while the house fills, and then what the pace of leaving is', async () => {
    const concertId = await lines.line({ ratePerSecond: 20, burst: 20, capacity: 100, admissionTtlMs: 50_000 });
    const places = await lines.joinMany(concertId, 400);
    const [near, last] = [places[90]!, places.at(-1)!];
    const told: (number | undefined)[] = [];
    await run(concertId, 3_000, async () => {
      told.push(placeOf(await lines.read(last), 0).estimatedWaitMs);
    });
    expect(new Set(told), 'beyond the room').to.deep.equal(new Set([undefined]));
    expect(placeOf(await lines.read(near), 0).estimatedWaitMs, 'within it').to.be.within(200, 3_000);
    // Full after 5 s; a hundred leave each 50 s.
    await run(concertId, 120_000);
    expect((await lines.read(last)).placesPerSecond).to.be.closeTo(2, 0.5);
  }).timeout(60_000);

  it('follow a rate that the operator changes, within little more than a minute', async () => {
    const concertId = await lines.line({ ratePerSecond: 10, burst: 10 });
    const places = await lines.joinMany(concertId, 1_500);
    const last = places.at(-1)!;
    await run(concertId, 60_000);
    expect((await lines.read(last)).placesPerSecond).to.be.closeTo(10, 1);
    await lines.changePolicy(concertId, { ratePerSecond: 2 });
    await run(concertId, 71_000);
    expect((await lines.read(last)).placesPerSecond).to.be.closeTo(2, 0.2);
  }).timeout(60_000);

  it('are not known while nobody was admitted, right after the first were, and after a quiet minute', async () => {
    const concertId = await lines.line({ ratePerSecond: 10, burst: 20 });
    const places = await lines.joinMany(concertId, 100);
    const last = places.at(-1)!;
    const rate = async () => (await lines.read(last)).placesPerSecond;
    expect(await rate()).to.equal(0);
    await run(concertId, TICK_MS);
    // What had piled up before says nothing of the rate.
    expect(await rate()).to.equal(0);
    await run(concertId, 4_000);
    expect(await rate()).to.be.closeTo(10, 1);
    await lines.changePolicy(concertId, { mode: 'PAUSED' });
    await run(concertId, 30_000);
    expect(await rate()).to.be.within(0.1, 3);
    clock.step(121_000);
    expect(await rate()).to.equal(0);
  });

  it('count each admission once, whoever moves the line on', async () => {
    const concertId = await lines.line({ ratePerSecond: 6, burst: 10 });
    const places = await lines.joinMany(concertId, 200);
    await run(concertId, 20_000, async () => {
      await Promise.all([lines.store.advance(concertId), lines.store.advance(concertId)]);
    });
    expect((await lines.read(places.at(-1)!)).placesPerSecond).to.be.closeTo(6, 0.6);
  });
});
