import { execFileSync } from 'node:child_process';
import { expect } from 'chai';
import { HeapGrowth } from '../../../../src/infrastructure/process/heap-growth.ts';

const MB = 1_000_000;

describe('the growth of the heap', () => {
  const percentsSetAt = (...usedMb: readonly number[]) => {
    const set: number[] = [];
    let used = 0;
    const growth = new HeapGrowth({ usedBytes: () => used * MB, setGrowingPercent: (percent) => set.push(percent) });
    for (used of usedMb) growth.look();
    return set;
  };

  it('is left to V8 while the heap is small', () => {
    expect(percentsSetAt(30, 150, 199)).to.deep.equal([]);
  });

  it('is limited once the heap is large', () => {
    expect(percentsSetAt(30, 200, 700)).to.deep.equal([30]);
  });

  it('stays limited until the heap is clearly small again', () => {
    expect(percentsSetAt(300, 150, 112)).to.deep.equal([30]);
    expect(percentsSetAt(300, 150, 111)).to.deep.equal([30, 0]);
  });

  it('is limited by a flag that V8 knows', () => {
    expect(execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' })).to.include('--heap-growing-percent');
  });
});
