import { expect } from 'chai';
import { nextAttempt } from '../../../src/shared/backoff.ts';

const policy = { baseMs: 1_000, maxMs: 300_000, maxAttempts: 12 };
const pauses = (random: number) =>
  Array.from({ length: 12 }, (_none, failed) => nextAttempt(policy, failed, () => random).pauseMs);

describe('the pause after a failure', () => {
  it('doubles with each one up to its bound', () => {
    const longest = pauses(1);
    expect(longest.slice(0, 9)).to.deep.equal([1, 2, 4, 8, 16, 32, 64, 128, 256].map((seconds) => seconds * 1_000));
    expect(longest.slice(9)).to.deep.equal([300_000, 300_000, 300_000]);
  });

  it('is by chance down to half of that, and never less', () => {
    expect(pauses(0)).to.deep.equal(pauses(1).map((ms) => ms / 2));
    expect(nextAttempt(policy, 0, () => 0.5).pauseMs).to.equal(750);
  });

  it('stays bounded however often it failed', () => {
    expect(nextAttempt(policy, 5_000, () => 0.999).pauseMs).to.be.within(150_000, 300_000);
  });
});

describe('the attempt that failed', () => {
  it('is the last one when as many have failed as may', () => {
    const isLast = (failed: number) => nextAttempt(policy, failed, () => 0).isLast;
    expect([0, 10, 11, 12].map(isLast)).to.deep.equal([false, false, true, true]);
    expect(nextAttempt({ ...policy, maxAttempts: 1 }, 0, () => 0)).to.include({ attempts: 1, isLast: true });
  });
});
