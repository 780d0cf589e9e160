import { expect } from 'chai';
import pg from 'pg';
import { auditMoney, type CheckReport } from '../../../src/audit/index.ts';
import { GUARDS } from '../../../src/audit/guard-checks.ts';
import { TestDomain } from '../../support/domain.ts';
import { LEDGER_DAMAGE } from './ledger-damage.ts';
import { PURCHASE_DAMAGE } from './purchase-damage.ts';
import { twoPurchases, type Books } from './purchases.ts';

describe('the audit of money', () => {
  let domain: TestDomain;
  let client: pg.Client;
  let books: Books;

  before(async () => {
    domain = await TestDomain.open();
    client = new pg.Client(domain.databaseUrl);
    await client.connect();
    const { onSale, buyers } = await twoPurchases(domain);
    const [paid, refunded] = await Promise.all(buyers.map(({ pay }) => pay()));
    const [voided, valid] = refunded!.tickets;
    const refunding = { paymentId: refunded!.payment.id, ticketIds: [voided!.id], idempotencyKey: 'refund' };
    const { refund } = await domain.main.refunds.refund(refunding);
    books = {
      userId: paid!.payment.userId,
      otherUserId: refunded!.payment.userId,
      paymentId: paid!.payment.id,
      performanceId: onSale.performanceId,
      ticketIds: paid!.tickets.map(({ id }) => id),
      refundedPaymentId: refunded!.payment.id,
      refundId: refund.id,
      refundedTicketId: voided!.id,
      validTicketId: valid!.id,
    };
  });
  after(async () => {
    await client.end();
    await domain.close();
  });

  const reports = () => auditMoney(async (sql) => (await client.query<Record<string, unknown>>(sql)).rows);
  const failing = (all: readonly CheckReport[]) => all.filter(({ faultCount }) => faultCount > 0);

  it('finds nothing where nothing is wrong, says how much it looked at, and what there is', async () => {
    const all = await reports();
    expect(failing(all)).to.deep.equal([]);
    const examined = Object.fromEntries(all.map((each) => [each.check, each.examined]));
    expect(examined).to.include({ 'payment-tickets': 2, 'ticket-seat': 4, 'refund-tickets': 1, 'running-balance': 5 });
    expect(all.find(({ check }) => check === 'ledger-total')?.totals).to.deep.equal({
      outside: '2000000',
      revenue: '150000',
      wallets: '1850000',
    });
  });

  for (const { what, foundBy, plant } of [...PURCHASE_DAMAGE, ...LEDGER_DAMAGE]) {
    it(`finds ${what}: ${foundBy.join(', ')}`, async () => {
      await client.query('begin');
      try {
        const named = await plant(client, books);
        const faulty = failing(await reports());
        expect(faulty.map(({ check }) => check)).to.have.members(foundBy);
        expect(JSON.stringify(faulty.find(({ check }) => check === foundBy[0])?.faults)).to.include(named);
      } finally {
        await client.query('rollback');
      }
      expect(failing(await reports())).to.deep.equal([]);
    });
  }

  it('shows some of very many faults and counts all of them', async () => {
    await client.query('begin');
    await client.query(`
      insert into outbox_events (event_id, type, payload, ordering_key, parked_at)
      select gen_random_uuid(), 'PAID_NOT', '{}', 'x', now() from generate_series(1, 250)`);
    const [parked] = failing(await reports());
    await client.query('rollback');
    expect([parked?.check, parked?.faultCount, parked?.faults.length]).to.deep.equal(['event-parked', 250, 100]);
  });

  it('watches every check, key and unique index that the tables of money have', async () => {
    const { rows } = await client.query<{ table: string; name: string }>(
      `select t.relname as table, c.conname as name from pg_constraint c join pg_class t on t.oid = c.conrelid
       where c.contype in ('c', 'f', 'p', 'u') and t.relname = any($1)
       union select t.relname, x.relname from pg_index i join pg_class x on x.oid = i.indexrelid
       join pg_class t on t.oid = i.indrelid where i.indisunique and t.relname = any($1)`,
      [Object.keys(GUARDS)],
    );
    const names = Object.entries(GUARDS).flatMap(([table, guards]) => guards.map((name) => `${table}.${name}`));
    expect(rows.map(({ table, name }) => `${table}.${name}`)).to.have.members(names);
  });
});
