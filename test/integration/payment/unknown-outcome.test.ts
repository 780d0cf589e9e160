import { expect } from 'chai';
import { expectBooksInOrder } from '../../support/books.ts';
import { TestDomain, type Buyer, type OnSale } from '../../support/domain.ts';
import { refusalOf } from '../../support/refusal.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { openFreezableProxy } from '../postgres/freezable-proxy.ts';

describe('a payment whose commit is not answered', () => {
  let domain: TestDomain;
  let onSale: OnSale;

  beforeEach(async () => {
    domain = await TestDomain.open({ paymentDeadlineMs: 1_000, clockSkewMs: 50 });
    onSale = await domain.concert();
  });

  afterEach(async () => {
    await expectBooksInOrder(domain);
    await domain.close();
  });

  /** Lets Postgres do something while it commits a payment. */
  async function whileCommitting(statement: string): Promise<void> {
    await domain.sql(`create function slow_commit() returns trigger language plpgsql as $$
      begin ${statement}; return null; end $$`);
    await domain.sql(`create constraint trigger slow_commit after insert on payments
      deferrable initially deferred for each row execute function slow_commit()`);
  }

  const untilRounds = ({ claims, reservation }: Buyer, wanted: 'HELD' | 'PAID') =>
    waitUntil(
      async () => {
        await domain.main.overdue.round();
        return (await domain.main.reservations.get(claims, reservation.reservationId)).state === wanted;
      },
      { what: `the reservation is ${wanted}` },
    );

  it('is unknown, stays fenced, and turns out not to have happened where Postgres ended it', async () => {
    for (const [seat, statement] of [
      'perform pg_sleep(5)',
      'perform pg_terminate_backend(pg_backend_pid())',
    ].entries()) {
      await whileCommitting(statement);
      const buyer = await domain.buyer(onSale, [seat + 1]);
      expect(await refusalOf(buyer.pay('key'))).to.deep.include({
        reason: 'PAYMENT_OUTCOME_UNKNOWN',
        retryAfterMs: 2_000,
        metadata: { reservation_id: buyer.reservation.reservationId },
      });
      const { state } = await domain.main.reservations.get(buyer.claims, buyer.reservation.reservationId);
      expect(state).to.equal('PAYING');
      await domain.sql('drop function slow_commit cascade');
      await untilRounds(buyer, 'HELD');
      expect(await domain.main.wallet.getBalance(buyer.claims.userId)).to.equal(1_000_000n);
      expect((await buyer.pay('key')).replayed).to.equal(false);
    }
  });

  it('is refused, not unknown, where Postgres itself says that the commit failed', async () => {
    await whileCommitting(`raise exception 'no' using errcode = 'check_violation'`);
    const buyer = await domain.buyer(onSale, [1]);
    const outcome: unknown = await buyer.pay('key').catch((reason: unknown) => reason);
    expect(outcome).to.include({ code: '23514' });
    const { state } = await domain.main.reservations.get(buyer.claims, buyer.reservation.reservationId);
    expect(state).to.equal('HELD');
  });

  it('is unknown to the one whose line went dead, and the purchase to whoever asks again', async () => {
    await whileCommitting('perform pg_sleep(0.3)');
    const proxy = await openFreezableProxy(domain.databaseUrl);
    try {
      const cutOff = await domain.instance({ databaseUrl: proxy.url, lockTimeoutMs: 300, stallMs: 300 });
      const buyer = await domain.buyer(onSale, [1, 2]);
      const paying = refusalOf(buyer.pay('key', cutOff));
      const isCommitting = async () =>
        (
          await domain.sql(`select 1 from pg_stat_activity where state = 'active' and query = 'commit'
          and datname = current_database()`)
        ).length > 0;
      await waitUntil(isCommitting, { what: 'the commit is under way' });
      proxy.freeze('all');
      expect((await paying).reason).to.equal('PAYMENT_OUTCOME_UNKNOWN');
      const again = await buyer.pay('key');
      expect([again.replayed, again.payment.balanceAfter]).to.deep.equal([true, 900_000n]);
      expect(await domain.main.wallet.getBalance(buyer.claims.userId)).to.equal(900_000n);
      expect((await domain.seats(onSale)).sold).to.deep.equal([1, 2]);
    } finally {
      proxy.thaw();
      await proxy.close();
    }
  });
});
