import { expect } from 'chai';
import { concertView } from '../../../src/catalog/concert-view.ts';
import type { Concert } from '../../../src/catalog/concert.entity.ts';
import { saleNotOpen } from '../../../src/catalog/index.ts';
import { STANDARD_LAYOUT, storedLayout } from '../../../src/catalog/layout.ts';
import type { Performance } from '../../../src/catalog/performance.entity.ts';
import { CONCERT_ID, NOW_MS, PERFORMANCE_ID } from '../support/builders.ts';

const saleOpensAt = new Date(NOW_MS + 90_000);

function viewOf(seatsPerUser: number, seatsPerUserAndPerformance: number) {
  const concert = { id: CONCERT_ID, saleOpensAt, seatsPerUser, seatsPerUserAndPerformance, revision: 7 } as Concert;
  const layout = storedLayout(STANDARD_LAYOUT);
  const performance = { id: PERFORMANCE_ID, concertId: CONCERT_ID, startsAt: new Date(NOW_MS), layout } as Performance;
  return concertView(concert, [performance], (_performance, expand) => expand());
}

describe('the view of a performance', () => {
  it('has the limit that is in effect: its own, that of the concert where it has none, and never more than that', () => {
    const limits = [
      [4, 0],
      [4, 2],
      [4, 9],
    ].map(([perUser = 0, perPerformance = 0]) => {
      const { performances } = viewOf(perUser, perPerformance);
      return performances[0]?.seatsPerUserAndPerformance;
    });
    expect(limits).to.deep.equal([4, 2, 4]);
    expect(viewOf(4, 9).seatsPerUserAndPerformance).to.equal(9);
  });

  it('says from when its seats are on sale, and of which revision it is', () => {
    expect(viewOf(4, 0).performances[0]).to.deep.include({ saleOpensAt, revision: 7 });
  });
});

describe('the refusal before the sale', () => {
  it('says when it opens and how long that is', () => {
    expect(saleNotOpen(saleOpensAt, NOW_MS)).to.deep.include({
      reason: 'SALE_NOT_OPEN',
      metadata: { sale_opens_at: saleOpensAt.toISOString() },
      retryAfterMs: 90_000,
    });
    expect(saleNotOpen(saleOpensAt, NOW_MS + 90_001).retryAfterMs).to.equal(1);
  });
});
