import { expect } from 'chai';
import type { SinonFakeTimers } from 'sinon';
import { StoreWatch, type StoreName } from '../../../../src/infrastructure/store-watch.ts';
import { recordingLogger } from '../grpc/support/fakes.ts';
import { fakeTimers } from '../../support/timers.ts';

const INTERVAL_MS = 250;
const STALL_MS = 1_200;
/** When a store counts as gone: its silence, and the grace for reading an answer that is there. */
const GONE_MS = STALL_MS + 50;

/** A store that answers after a while, never, or with an error. */
class FakeStore {
  answersAfterMs: number | undefined = 0;
  error: Error | undefined;
  probes = 0;

  probe(): Promise<void> {
    this.probes += 1;
    if (this.error) return Promise.reject(this.error);
    if (this.answersAfterMs === 0) return Promise.resolve();
    return new Promise((resolve) => {
      if (this.answersAfterMs !== undefined) setTimeout(resolve, this.answersAfterMs);
    });
  }
}

describe('the watch over the stores', () => {
  let timers: SinonFakeTimers;
  let stores: Record<StoreName, FakeStore>;
  let log: ReturnType<typeof recordingLogger>;
  let watch: StoreWatch;

  beforeEach(async () => {
    timers = fakeTimers();
    stores = { redis: new FakeStore(), postgres: new FakeStore() };
    log = recordingLogger();
    watch = new StoreWatch({
      probes: { redis: () => stores.redis.probe(), postgres: () => stores.postgres.probe() },
      intervalMs: INTERVAL_MS,
      stallMs: STALL_MS,
      logger: log.logger,
    });
    watch.start();
    await timers.tickAsync(10);
  });

  /** Lets a store fall silent until it is noticed. */
  async function silence(name: StoreName): Promise<void> {
    stores[name].answersAfterMs = undefined;
    await timers.tickAsync(INTERVAL_MS + GONE_MS);
  }

  it('asks each store again an interval after its answer', async () => {
    await timers.tickAsync(4 * INTERVAL_MS);
    expect([stores.redis.probes, stores.postgres.probes]).to.deep.equal([5, 5]);
  });

  it('takes a store for gone once it was silent for too long, not sooner', async () => {
    const signal = watch.failureOf(['redis']);
    stores.redis.answersAfterMs = undefined;
    await timers.tickAsync(INTERVAL_MS - 10 + GONE_MS - 1);
    expect(signal.aborted).to.equal(false);
    await timers.tickAsync(1);
    expect(signal.aborted).to.equal(true);
    expect(signal.reason).to.include({ message: 'redis has not answered for 1200 ms' });
  });

  it('takes a store for gone at once where it answers with an error', async () => {
    const signal = watch.failureOf(['postgres']);
    stores.postgres.error = new Error('connection refused');
    await timers.tickAsync(INTERVAL_MS);
    expect(signal.reason).to.equal(stores.postgres.error);
  });

  it('does not take a process that was held up for a store that is silent', async () => {
    const signal = watch.failureOf(['redis']);
    stores.redis.answersAfterMs = STALL_MS + 49;
    await timers.tickAsync(10 * STALL_MS);
    expect(signal.aborted).to.equal(false);
    expect(log.lines).to.deep.equal([]);
  });

  it('fails those who need the store, and nobody else', async () => {
    const needs: readonly (readonly StoreName[])[] = [['redis'], ['postgres'], ['redis', 'postgres']];
    const signals = needs.map((names) => watch.failureOf(names));
    await silence('redis');
    expect(signals.map((signal) => signal.aborted)).to.deep.equal([true, false, true]);
  });

  it('fails at once whoever comes while the store is gone', async () => {
    await silence('postgres');
    expect(watch.failureOf(['redis', 'postgres']).aborted).to.equal(true);
    expect(watch.failureOf(['redis']).aborted).to.equal(false);
  });

  it('lets calls through again when the store answers', async () => {
    const before = watch.failureOf(['redis']);
    await silence('redis');
    stores.redis.answersAfterMs = 0;
    await timers.tickAsync(INTERVAL_MS);
    const after = watch.failureOf(['redis']);
    expect([before.aborted, after.aborted]).to.deep.equal([true, false]);
    await silence('redis');
    expect(after.aborted).to.equal(true);
  });

  it('lets a call that needs both through only when both answer', async () => {
    watch.failureOf(['redis', 'postgres']);
    stores.redis.error = new Error('gone');
    stores.postgres.error = new Error('gone');
    await timers.tickAsync(INTERVAL_MS);
    stores.redis.error = undefined;
    await timers.tickAsync(INTERVAL_MS);
    expect(watch.failureOf(['redis', 'postgres']).aborted).to.equal(true);
    stores.postgres.error = undefined;
    await timers.tickAsync(INTERVAL_MS);
    expect(watch.failureOf(['redis', 'postgres']).aborted).to.equal(false);
  });

  it('gives all who need the same stores one signal', () => {
    expect(watch.failureOf(['redis'])).to.equal(watch.failureOf(['redis']));
  });

  it('says once that a store is gone, and once that it is back', async () => {
    await silence('redis');
    await timers.tickAsync(5 * (GONE_MS + INTERVAL_MS));
    stores.redis.answersAfterMs = 0;
    await timers.tickAsync(GONE_MS + 2 * INTERVAL_MS);
    expect(log.lines.map(({ msg, level, store }) => [msg, level, store])).to.deep.equal([
      ['store does not answer', 40, 'redis'],
      ['store answers again', 30, 'redis'],
    ]);
  });

  it('does not mind an answer, or an error, that comes after it gave up', async () => {
    stores.redis.answersAfterMs = 10 * STALL_MS;
    await timers.tickAsync(INTERVAL_MS + GONE_MS);
    stores.redis.answersAfterMs = 0;
    await timers.tickAsync(20 * STALL_MS);
    expect(watch.failureOf(['redis']).aborted).to.equal(false);
    expect(log.lines).to.have.length(2);
  });

  afterEach(async () => {
    const stopping = watch.stop();
    await timers.tickAsync(GONE_MS);
    await stopping;
    expect(timers.countTimers()).to.be.at.most(1);
  });
});
