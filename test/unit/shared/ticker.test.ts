import { expect } from 'chai';
import type { SinonFakeTimers } from 'sinon';
import { Ticker } from '../../../src/shared/ticker.ts';
import { fakeTimers } from '../support/timers.ts';

const INTERVAL_MS = 200;

describe('a ticker', () => {
  let timers: SinonFakeTimers;
  let runs: PromiseWithResolvers<void>[];
  let errors: unknown[];
  let ticker: Ticker;

  beforeEach(() => {
    timers = fakeTimers();
    runs = [];
    errors = [];
    const task = () => {
      const run = Promise.withResolvers<void>();
      runs.push(run);
      return run.promise;
    };
    ticker = new Ticker(task, INTERVAL_MS, (error) => errors.push(error));
  });

  /** Ends the last run, and moves the time on. */
  async function endRun(thenMs: number): Promise<void> {
    runs.at(-1)?.resolve();
    await timers.tickAsync(thenMs);
  }

  async function startFirst(): Promise<void> {
    ticker.start();
    await timers.tickAsync(0);
  }

  it('does nothing before it is started, also where it is woken', async () => {
    ticker.wake();
    await timers.tickAsync(10 * INTERVAL_MS);
    expect(runs).to.have.length(0);
  });

  it('runs at once, and again an interval after the run has ended', async () => {
    await startFirst();
    expect(runs).to.have.length(1);
    await endRun(INTERVAL_MS - 1);
    expect(runs).to.have.length(1);
    await timers.tickAsync(1);
    expect(runs).to.have.length(2);
  });

  it('never runs twice at a time, however long a run takes', async () => {
    await startFirst();
    await timers.tickAsync(100 * INTERVAL_MS);
    expect(runs).to.have.length(1);
  });

  it('runs at once when it is woken between two runs, and an interval later again', async () => {
    await startFirst();
    await endRun(1);
    ticker.wake();
    await timers.tickAsync(0);
    expect(runs).to.have.length(2);
    await endRun(INTERVAL_MS - 1);
    expect(runs).to.have.length(2);
    await timers.tickAsync(1);
    expect(runs).to.have.length(3);
  });

  it('runs once more right after the run in which it was woken, however often', async () => {
    await startFirst();
    for (let call = 0; call < 3; call += 1) ticker.wake();
    expect(runs).to.have.length(1);
    await endRun(0);
    expect(runs).to.have.length(2);
    await endRun(INTERVAL_MS - 1);
    expect(runs).to.have.length(2);
  });

  it('tells of a failed run and goes on', async () => {
    await startFirst();
    const failure = new Error('no answer');
    runs[0]?.reject(failure);
    await timers.tickAsync(INTERVAL_MS);
    expect(errors).to.deep.equal([failure]);
    expect(runs).to.have.length(2);
  });

  it('goes on also where the task fails before it returns a promise', async () => {
    let calls = 0;
    const broken = new Ticker(
      () => {
        calls += 1;
        throw new Error('at once');
      },
      INTERVAL_MS,
      (error) => errors.push(error),
    );
    broken.start();
    await timers.tickAsync(INTERVAL_MS);
    await broken.stop();
    expect([calls, errors.length]).to.deep.equal([2, 2]);
  });

  it('has stopped when the run that was under way has ended, and no sooner', async () => {
    await startFirst();
    let stopped = false;
    const stopping = ticker.stop().then(() => (stopped = true));
    await timers.tickAsync(INTERVAL_MS);
    expect(stopped).to.equal(false);
    await endRun(0);
    await stopping;
    expect(stopped).to.equal(true);
  });

  it('runs no more once it was stopped, also where it is woken', async () => {
    await startFirst();
    await endRun(0);
    await ticker.stop();
    ticker.wake();
    await timers.tickAsync(10 * INTERVAL_MS);
    expect(runs).to.have.length(1);
    expect(timers.countTimers()).to.equal(0);
  });

  it('does not run where it is stopped before the first run', async () => {
    ticker.start();
    await ticker.stop();
    await timers.tickAsync(INTERVAL_MS);
    expect(runs).to.have.length(0);
  });
});
