import { expect } from 'chai';
import { TurnBatch } from '../../../src/queue/turn-batch.ts';
import { CONCERT_ID, OTHER_CONCERT_ID } from '../support/builders.ts';
import { rejectionOf } from '../support/outcomes.ts';

describe('what is asked of a line by several callers', () => {
  const setUp = (fails?: Error) => {
    const runs: [string, readonly number[]][] = [];
    const batch = new TurnBatch(100, (concertId, inputs: readonly number[]) => {
      runs.push([concertId, inputs]);
      return fails ? Promise.reject(fails) : Promise.resolve(inputs.map((input) => `output ${input}`));
    });
    const ask = (inputs: readonly number[], concertId = CONCERT_ID) =>
      inputs.map((input) => batch.add(concertId, input));
    return { runs, ask };
  };

  it('in one turn is done together, that of each line in the order of the callers, and each gets the own output', async () => {
    const { runs, ask } = setUp();
    const asked = [...ask([3, 1]), ...ask([9], OTHER_CONCERT_ID), ...ask([2, 3])];
    expect(await Promise.all(asked)).to.deep.equal(['output 3', 'output 1', 'output 9', 'output 2', 'output 3']);
    expect(runs).to.deep.equal([
      [CONCERT_ID, [3, 1, 2, 3]],
      [OTHER_CONCERT_ID, [9]],
    ]);
  });

  it('in the next turn is done for itself, also while a run is under way', async () => {
    const { runs, ask } = setUp();
    const first = ask([1]);
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([...first, ...ask([2])]);
    expect(runs.map(([, inputs]) => inputs)).to.deep.equal([[1], [2]]);
  });

  it('is at most so much to a run as is said, and the runs follow each other in the order of the callers', async () => {
    const { runs, ask } = setUp();
    const inputs = Array.from({ length: 250 }, (_none, index) => index + 1);
    await Promise.all(ask(inputs));
    expect(runs.map(([, done]) => done.length)).to.deep.equal([100, 100, 50]);
    expect(runs.flatMap(([, done]) => done)).to.deep.equal(inputs);
  });

  it('fails for all with the run, and not for those after it', async () => {
    const failure = new Error('no answer');
    const { runs, ask } = setUp(failure);
    for (const asked of ask([1, 2])) expect(await rejectionOf(asked)).to.equal(failure);
    for (const asked of ask([3])) expect(await rejectionOf(asked)).to.equal(failure);
    expect(runs.map(([, inputs]) => inputs)).to.deep.equal([[1, 2], [3]]);
  });

  it('fails alone where the run has no output for it', async () => {
    const batch = new TurnBatch(2, () => Promise.resolve(['output']));
    const [first, second] = [batch.add(CONCERT_ID, 1), batch.add(CONCERT_ID, 2)];
    expect(await first).to.equal('output');
    expect(await rejectionOf(second)).to.include({ message: 'the step has no output for this input' });
  });
});
