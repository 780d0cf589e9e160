import { expect } from 'chai';
import { TestDomain } from '../../support/domain.ts';
import { forgetConcert } from '../../support/redis.ts';
import { refusalOf } from '../../support/refusal.ts';
import { waitUntil } from '../../support/wait-until.ts';

const DAY_MS = 86_400_000;

describe('the seats that a user owns, after Redis lost everything', () => {
  let domain: TestDomain;

  before(async () => {
    domain = await TestDomain.open();
  });

  after(() => domain.close());

  it('count also where they are for a performance that has begun', async () => {
    const firstStart = new Date(Date.now() + 1_500);
    const performances = [firstStart, new Date(Date.now() + DAY_MS)].map((startsAt) => ({
      startsAt,
      layout: undefined,
    }));
    const onSale = await domain.concert({ performances });
    const buyer = await domain.buyer(onSale, [1, 2, 3, 4]);
    await buyer.pay();
    await waitUntil(() => Date.now() > firstStart.getTime(), { what: 'the first performance begins' });
    await forgetConcert(domain.main.redis, onSale.concertId);
    const again = await domain.admit(onSale.concertId, buyer.claims.userId);
    const second = onSale.concert.performances[1]?.performanceId ?? '';
    expect((await refusalOf(domain.hold(again, second, [1]))).reason).to.equal('SEAT_LIMIT_EXCEEDED');
  });
});
