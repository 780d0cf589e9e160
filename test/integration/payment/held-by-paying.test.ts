import { expect } from 'chai';
import { TestDomain } from '../../support/domain.ts';
import { redisNowMs } from '../../support/redis.ts';

const HOLD_MS = 1_000;
const DEADLINE_MS = 500;
const MARGIN_MS = 500;

describe('a hold whose user keeps on paying from an empty wallet', () => {
  let domain: TestDomain;

  before(async () => {
    domain = await TestDomain.open({
      holdTtlMs: HOLD_MS,
      paymentDeadlineMs: DEADLINE_MS,
      paymentFenceMarginMs: MARGIN_MS,
    });
  });

  after(() => domain.close());

  it('ends all the same: refused payments do not stop its clock for ever', async () => {
    const { redis, payment, reservations } = domain.main;
    const { concertId, performanceId } = await domain.concert();
    const claims = await domain.admit(concertId);
    const { reservationId, createdAtMs } = await domain.hold(claims, performanceId, [1]);
    // The last payment may begin just before the hold's latest end, and then has until its own deadline.
    const giveUpAtMs = createdAtMs + HOLD_MS + 3 * (DEADLINE_MS + MARGIN_MS);
    const hasEnded = async () => (await reservations.get(claims, reservationId)).state === 'EXPIRED';
    const keepPaying = async (): Promise<void> => {
      while (!(await hasEnded()) && (await redisNowMs(redis)) < giveUpAtMs) {
        await payment.pay(claims, reservationId, undefined).catch(() => undefined);
      }
    };
    await Promise.all(Array.from({ length: 4 }, keepPaying));
    expect(await hasEnded(), 'the hold has ended').to.equal(true);
    await domain.hold(await domain.admit(concertId), performanceId, [1]);
  });
});
