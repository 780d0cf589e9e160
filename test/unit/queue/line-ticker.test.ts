import { expect } from 'chai';
import type { SinonFakeTimers } from 'sinon';
import { LineTicker } from '../../../src/queue/line-ticker.ts';
import type { Advance } from '../../../src/queue/line-steps.ts';
import type { QueueStore } from '../../../src/queue/queue.store.ts';
import { CONCERT_ID, OTHER_CONCERT_ID } from '../support/builders.ts';
import { stubbed } from '../support/stubbed.ts';
import { fakeTimers } from '../support/timers.ts';

const done: Advance = { admitted: 1, setAside: 0, ended: 0, more: false };

describe('the ticker of the lines', () => {
  const store = stubbed<Pick<QueueStore, 'advance' | 'openLines'>>('advance', 'openLines');
  let timers: SinonFakeTimers;
  let errors: unknown[][];
  let ticker: LineTicker;

  beforeEach(() => {
    timers = fakeTimers();
    errors = [];
    store.openLines.reset();
    store.advance.reset();
    store.openLines.resolves([CONCERT_ID, OTHER_CONCERT_ID]);
    store.advance.resolves(done);
    ticker = new LineTicker(store, 200, (...told) => errors.push(told));
  });

  async function rounds(count: number): Promise<void> {
    ticker.start();
    await timers.tickAsync((count - 1) * 200);
    await ticker.stop();
  }

  it('moves every open line on, once a round', async () => {
    await rounds(2);
    const moved = store.advance.args.flat();
    expect(moved).to.deep.equal([CONCERT_ID, OTHER_CONCERT_ID, CONCERT_ID, OTHER_CONCERT_ID]);
  });

  it('moves a line on at once where more is due', async () => {
    store.advance.onCall(0).resolves({ ...done, more: true });
    store.advance.onCall(1).resolves({ ...done, more: true });
    await rounds(1);
    expect(store.advance.args.flat()).to.deep.equal([CONCERT_ID, CONCERT_ID, CONCERT_ID, OTHER_CONCERT_ID]);
  });

  it('goes on to the next line after 250 runs of one', async () => {
    store.advance.withArgs(CONCERT_ID).resolves({ ...done, more: true });
    await rounds(1);
    expect(store.advance.withArgs(CONCERT_ID).callCount).to.equal(250);
    expect(store.advance.lastCall.args).to.deep.equal([OTHER_CONCERT_ID]);
  });

  it('leaves a line alone that Redis does not have', async () => {
    store.advance.resolves(undefined);
    await rounds(1);
    expect(store.advance.callCount).to.equal(2);
    expect(errors).to.deep.equal([]);
  });

  it('names the line that failed, and moves the others on', async () => {
    const failure = new Error('no answer');
    store.advance.withArgs(CONCERT_ID).rejects(failure);
    await rounds(2);
    expect(errors).to.deep.equal([
      [failure, CONCERT_ID],
      [failure, CONCERT_ID],
    ]);
    expect(store.advance.withArgs(OTHER_CONCERT_ID).callCount).to.equal(2);
  });

  it('tries again with the next round where it could not learn which lines are open', async () => {
    const failure = new Error('no answer');
    store.openLines.onFirstCall().rejects(failure);
    await rounds(2);
    expect(errors).to.deep.equal([[failure]]);
    expect(store.advance.callCount).to.equal(2);
  });

  it('moves the lines on that it knows of where it cannot learn any more which ones are open', async () => {
    store.openLines.onCall(1).rejects(new Error('no answer'));
    await rounds(2);
    expect(errors).to.have.length(1);
    expect(store.advance.args.flat()).to.deep.equal([CONCERT_ID, OTHER_CONCERT_ID, CONCERT_ID, OTHER_CONCERT_ID]);
  });
});
