import { expect } from 'chai';
import { Suspects, type Suspect } from '../../../src/audit/suspects.ts';

const suspect = (key: string, check = 'seat-index'): Suspect => ({ check, key, fault: { what: 'differs' } });

/** Looks again as often as there are looks given. */
function group(suspects: readonly Suspect[], ...looks: (readonly Suspect[])[]) {
  return { suspects, again: () => Promise.resolve(looks.shift() ?? []) };
}

/** What is confirmed, and how often it waited. */
async function confirmedOf(...groups: ReturnType<typeof group>[]) {
  const suspects = new Suspects();
  for (const each of groups) suspects.add(each);
  let waits = 0;
  const confirmed = await suspects.confirmed(() => {
    waits += 1;
    return Promise.resolve();
  });
  return { keys: confirmed.map(({ key }) => key), waits };
}

describe('suspects of the auditor', () => {
  const [one, two] = [suspect('1'), suspect('2')];

  it('are faults where they are there in three looks', async () => {
    expect(await confirmedOf(group([one], [one], [one]))).to.deep.equal({ keys: ['1'], waits: 2 });
  });

  it('are none where they are gone in the second look or in the third', async () => {
    expect((await confirmedOf(group([one, two], [one], [two]))).keys).to.deep.equal([]);
  });

  it('are not taken for those of another check, nor for new ones', async () => {
    const other = suspect('1', 'seat-keys');
    expect((await confirmedOf(group([one], [other, two], [other, two]))).keys).to.deep.equal([]);
  });

  it('are told apart by group', async () => {
    expect((await confirmedOf(group([one], [one], [one]), group([one], [], [one]))).keys).to.deep.equal(['1']);
  });

  it('cost no time where there are none', async () => {
    expect(await confirmedOf(group([]))).to.deep.equal({ keys: [], waits: 0 });
  });
});
