import { expect } from 'chai';
import { performanceKeys, seatKey } from '../../../src/reservation/reservation.keys.ts';
import { expectBooksInOrder } from '../../support/books.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import { redisNowMs } from '../../support/redis.ts';
import { refusalOf } from '../../support/refusal.ts';
import { waitUntil } from '../../support/wait-until.ts';

describe('a seat that Redis lost track of', () => {
  let domain: TestDomain;
  let onSale: OnSale;

  before(async () => {
    domain = await TestDomain.open({ poolSize: 1 });
  });

  after(() => domain.close());

  beforeEach(async () => {
    onSale = await domain.concert();
  });

  afterEach(() => expectBooksInOrder(domain));

  it('and that is sold in Postgres is SEAT_LOST: nobody is charged, and it shows as SOLD', async () => {
    await (await domain.buyer(onSale, [1])).pay();
    const { sold } = performanceKeys(onSale.concertId, onSale.performanceId);
    await domain.main.redis.setbit(sold, 1, 0);
    const unlucky = await domain.buyer(onSale, [1, 2]);
    for (const key of ['key', 'key', undefined]) {
      const refusal = await refusalOf(unlucky.pay(key));
      expect(refusal).to.deep.include({ reason: 'SEAT_LOST', metadata: { seat_numbers: '1' } });
    }
    expect(await domain.main.wallet.getBalance(unlucky.claims.userId)).to.equal(1_000_000n);
    expect(await domain.seats(onSale)).to.deep.equal({ sold: [1], held: [2] });
    await domain.main.stock.publish(onSale.concertId);
    expect((await domain.main.queue.stats(onSale.concertId)).seatsFree).to.equal(48);
  });

  it('and that was sold meanwhile counts as sold alone, though somebody still holds it', async () => {
    const buyer = await domain.buyer(onSale, [1]);
    const { reservationStore, redis } = domain.main;
    await redis.del(seatKey(onSale.concertId, onSale.performanceId, 1));
    await domain.buyer(onSale, [1]);
    const { concertId, performanceId, reservationId, userId, placeNumber, placeEpoch } = buyer.reservation;
    const sale = { concertId, performanceId, reservationId, userId, placeNumber, placeEpoch, seatNumbers: [1] };
    await reservationStore.settle(sale);
    expect(await domain.seats(onSale)).to.deep.equal({ sold: [1], held: [] });
  });

  it('while it was paid for is not given back over the hold that somebody has on it now', async () => {
    const brief = await domain.instance({ paymentDeadlineMs: 60, paymentFenceMarginMs: 1, clockSkewMs: 0 });
    const buyer = await domain.buyer(onSale, [1, 2], brief);
    await brief.reservationStore.fence(buyer.reservation);
    const key = seatKey(onSale.concertId, onSale.performanceId, 1);
    const isGone = async () => (await domain.main.redis.exists(key)) === 0;
    await waitUntil(isGone, { what: 'the keys of the fence have run out' });
    const other = await domain.admit(onSale.concertId);
    const theirs = await domain.hold(other, onSale.performanceId, [1]);
    const before = await domain.main.redis.pexpiretime(key);
    await waitUntil(
      async () => {
        await brief.overdue.round();
        const { state } = await domain.main.reservations.get(buyer.claims, buyer.reservation.reservationId);
        return state !== 'PAYING';
      },
      { what: 'the payment was resolved' },
    );
    expect(await domain.main.redis.mget(key)).to.deep.equal([theirs.reservationId]);
    expect(await domain.main.redis.pexpiretime(key)).to.equal(before);
    expect((await domain.seats(onSale)).held).to.deep.equal([1]);
    const { state, expiresAtMs } = await domain.main.reservations.get(buyer.claims, buyer.reservation.reservationId);
    expect(state).to.equal('EXPIRED');
    expect(expiresAtMs).to.be.at.most(await redisNowMs(domain.main.redis));
    expect((await refusalOf(buyer.pay())).reason).to.equal('HOLD_EXPIRED');
  });
});
