import { expect } from 'chai';
import { expectBooksInOrder } from '../../support/books.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import { settledCalls } from '../../support/refusal.ts';

describe('payments at the same time', () => {
  let domain: TestDomain;

  before(async () => {
    domain = await TestDomain.open({ poolSize: 8 });
  });

  after(() => domain.close());

  afterEach(async () => {
    await expectBooksInOrder(domain);
    expect(domain.errors).to.deep.equal([]);
  });

  it('of one reservation, fifty of them with different keys and without, are one payment that all of them get', async () => {
    const other = await domain.instance();
    const onSale = await domain.concert();
    const { claims, pay } = await domain.buyer(onSale, [1, 2]);
    const keys = [undefined, 'one', 'two', 'three', 'four'];
    const purchases = await Promise.all(
      Array.from({ length: 50 }, (_, index) => pay(keys[index % keys.length], index % 2 === 0 ? domain.main : other)),
    );
    const [first] = purchases;
    for (const { payment, tickets } of purchases) {
      expect(payment).to.include({ id: first?.payment.id, amount: 100_000n, balanceAfter: 900_000n });
      expect(tickets.map(({ id }) => id).toSorted()).to.deep.equal(first?.tickets.map(({ id }) => id).toSorted());
    }
    expect(purchases.filter(({ replayed }) => !replayed)).to.have.length(1);
    expect(await domain.main.wallet.getBalance(claims.userId)).to.equal(900_000n);
  });

  it('of two reservations with money for one are one payment and one refusal that gives its hold back', async () => {
    const [first, second] = [await domain.concert(), await domain.concert()];
    const claims = await domain.admit(first.concertId);
    await domain.charge(claims.userId, 200_000n);
    const reservation = await domain.hold(claims, first.performanceId, [1, 2, 3, 4]);
    const again = await domain.admit(second.concertId, claims.userId);
    const another = await domain.hold(again, second.performanceId, [1, 2, 3, 4]);
    const { payment, reservations, wallet } = domain.main;
    const { results, refusals } = await settledCalls([
      payment.pay(claims, reservation.reservationId, undefined),
      payment.pay(again, another.reservationId, undefined),
    ]);
    expect(results).to.have.length(1);
    expect(refusals.map(({ reason }) => reason)).to.deep.equal(['INSUFFICIENT_BALANCE']);
    expect(await wallet.getBalance(claims.userId)).to.equal(0n);
    const states = [
      await reservations.get(claims, reservation.reservationId),
      await reservations.get(again, another.reservationId),
    ].map(({ state }) => state);
    expect(states.toSorted()).to.deep.equal(['HELD', 'PAID']);
  });

  it('and a release of the same reservation end in one of the two, never in both', async () => {
    const onSale: OnSale = await domain.concert();
    for (let seat = 1; seat <= 10; seat += 1) {
      const { claims, reservation, pay } = await domain.buyer(onSale, [seat]);
      const { reservations, wallet } = domain.main;
      const [paid, released] = await Promise.allSettled([
        pay(),
        reservations.release(claims, reservation.reservationId),
      ]);
      expect([paid.status, released.status].toSorted()).to.deep.equal(['fulfilled', 'rejected']);
      expect(await wallet.getBalance(claims.userId)).to.equal(paid.status === 'fulfilled' ? 950_000n : 1_000_000n);
    }
  });
});
