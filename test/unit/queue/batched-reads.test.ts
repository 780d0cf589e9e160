import { expect } from 'chai';
import { BatchedReads } from '../../../src/queue/batched-reads.ts';
import type { PlaceClaims } from '../../../src/shared/place-claims.ts';
import { claimsWith, CONCERT_ID, OTHER_CONCERT_ID, snapshotWith } from '../support/builders.ts';
import { rejectionOf } from '../support/outcomes.ts';

describe('places that are asked for one by one', () => {
  const setUp = (fails?: Error) => {
    const readings: [string, number[]][] = [];
    const reads = new BatchedReads((concertId, claims: readonly PlaceClaims[]) => {
      readings.push([concertId, claims.map(({ number }) => number)]);
      return fails ? Promise.reject(fails) : Promise.resolve(claims.map((each) => snapshotWith(each)));
    });
    const ask = (numbers: readonly number[], concertId = CONCERT_ID) =>
      numbers.map((number) => reads.read(claimsWith({ number, concertId })));
    return { readings, reads, ask };
  };

  it('in one turn are read together, those of each line, and each caller gets the own one', async () => {
    const { readings, ask } = setUp();
    const asked = [...ask([3, 1]), ...ask([9], OTHER_CONCERT_ID), ...ask([2])];
    expect((await Promise.all(asked)).map(({ number }) => number)).to.deep.equal([3, 1, 9, 2]);
    expect(readings).to.deep.equal([
      [CONCERT_ID, [3, 1, 2]],
      [OTHER_CONCERT_ID, [9]],
    ]);
  });

  it('in the next turn are read for themselves, also while a reading is under way', async () => {
    const { readings, ask } = setUp();
    const first = ask([1]);
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([...first, ...ask([2])]);
    expect(readings.map(([, numbers]) => numbers)).to.deep.equal([[1], [2]]);
  });

  it('are at most a hundred in one reading', async () => {
    const { readings, ask } = setUp();
    await Promise.all(ask(Array.from({ length: 250 }, (_none, index) => index + 1)));
    expect(readings.map(([, numbers]) => numbers.length)).to.deep.equal([100, 100, 50]);
  });

  it('all fail with the reading, and those after it do not', async () => {
    const failure = new Error('no answer');
    const { ask } = setUp(failure);
    for (const asked of ask([1, 2])) expect(await rejectionOf(asked)).to.equal(failure);
  });

  it('that the store does not answer with fail alone', async () => {
    const reads = new BatchedReads(() => Promise.resolve([snapshotWith()]));
    const [first, second] = [reads.read(claimsWith()), reads.read(claimsWith())];
    expect((await first).position).to.equal(5);
    expect(await rejectionOf(second)).to.include({ message: 'the store answered without the place' });
  });
});
