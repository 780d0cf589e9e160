import { expect } from 'chai';
import pg from 'pg';
import { translatePostgresError } from '../../../src/infrastructure/postgres/errors.ts';
import { expectBooksInOrder } from '../../support/books.ts';
import { TestDomain, type Buyer, type OnSale } from '../../support/domain.ts';
import { waitUntil } from '../../support/wait-until.ts';

describe('payments past their deadline', () => {
  let domain: TestDomain;
  let onSale: OnSale;

  before(async () => {
    domain = await TestDomain.open({ paymentDeadlineMs: 100, clockSkewMs: 0, lockTimeoutMs: 100 });
    onSale = await domain.concert();
  });

  after(() => domain.close());

  const stateOf = async ({ claims, reservation }: Buyer) =>
    (await domain.main.reservations.get(claims, reservation.reservationId)).state;

  it('are resolved each for itself: one whose wallet is locked holds up no other', async () => {
    const { reservationStore, overdue } = domain.main;
    const buyers = [await domain.buyer(onSale, [1]), await domain.buyer(onSale, [2]), await domain.buyer(onSale, [3])];
    for (const { reservation } of buyers) await reservationStore.fence(reservation);
    const [first, ...others] = buyers;
    if (!first) throw new Error('there is no buyer');
    const blocker = new pg.Client({ connectionString: domain.databaseUrl });
    await blocker.connect();
    try {
      await blocker.query('begin');
      await blocker.query('select 1 from wallets where user_id = $1 for update', [first.claims.userId]);
      const areBack = async () => {
        await overdue.round();
        const states = await Promise.all(others.map(stateOf));
        return states.every((state) => state === 'HELD');
      };
      await waitUntil(areBack, { what: 'the others are given back', timeoutMs: 4_000 });
      expect(await stateOf(first)).to.equal('PAYING');
      expect(translatePostgresError(domain.errors[0])?.reason).to.equal('REQUEST_IN_PROGRESS');
    } finally {
      await blocker.end();
    }
    await overdue.round();
    expect(await stateOf(first)).to.equal('HELD');
    await expectBooksInOrder(domain);
  });

  it('are resolved once by instances that all look at the same time, also beside a user who pays again', async () => {
    const instances = [domain.main, await domain.instance(), await domain.instance()];
    const buyer = await domain.buyer(onSale, [4]);
    await domain.main.reservationStore.fence(buyer.reservation);
    const patient = await domain.instance({ clockSkewMs: 0 });
    let paid = false;
    await waitUntil(
      async () => {
        await Promise.all(instances.map(({ overdue }) => overdue.round()));
        paid ||= await buyer.pay('key', patient).then(
          () => true,
          () => false,
        );
        return paid;
      },
      { what: 'the payment went through' },
    );
    await Promise.all(instances.map(({ overdue }) => overdue.round()));
    expect(await stateOf(buyer)).to.equal('PAID');
    expect(await domain.main.wallet.getBalance(buyer.claims.userId)).to.equal(950_000n);
    await expectBooksInOrder(domain);
  });
});
