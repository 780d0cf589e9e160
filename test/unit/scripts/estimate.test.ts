import { expect } from 'chai';
import { bandsOf, errorTable, ratiosOf } from '../../../scripts/estimate/errors.ts';
import { planFans } from '../../../scripts/estimate/sale.ts';

const sample = (estimateMs: number | undefined, truthMs: number, atMs = 0) => ({
  number: 1,
  atMs,
  estimateMs,
  truthMs,
});

describe('the errors of the estimated wait', () => {
  it('leave out places that said nothing, and the last seconds of a wait', () => {
    expect(ratiosOf([sample(undefined, 60_000), sample(9_000, 4_999), sample(30_000, 60_000)])).to.deep.equal([0.5]);
  });

  it('have a band at each moment at which enough places said something', () => {
    const many = [10, 20, 30, 40, 50].map((seconds) => sample(seconds * 1_000, 10_000, 60_000));
    expect(bandsOf([...many, ...many.slice(1).map((each) => ({ ...each, atMs: 70_000 }))])).to.deep.equal([
      { atMs: 60_000, low: 1.4, median: 3, high: 4.6 },
    ]);
  });

  it('are listed by the parts of the sale', () => {
    const rows = errorTable([sample(undefined, 60_000, -1), sample(30_000, 60_000), sample(undefined, 60_000)]);
    expect(rows).to.include('| before the doors open | 1 | 100 % | – | – | – |');
    expect(rows).to.include('| opening burst | 2 | 50 % | 0.50 | 50 % | 50 % |');
  });
});

describe('the simulated sale', () => {
  it('has the same fans in every run, in the order of their arrival', () => {
    const fans = planFans();
    expect(planFans()).to.deep.equal(fans);
    expect(fans.map(({ arrivesAtMs }) => arrivesAtMs)).to.deep.equal(
      fans.map(({ arrivesAtMs }) => arrivesAtMs).toSorted((one, other) => one - other),
    );
  });
});
