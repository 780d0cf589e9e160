import { expect } from 'chai';
import type { TestDomain } from './domain.ts';

const UNBALANCED = `
  select w.user_id, w.balance, coalesce(sum(case when t.credit_account = 'wallet:' || w.user_id then t.amount else -t.amount end), 0) as ledger
  from wallets w left join ledger_transfers t on t.wallet_user_id = w.user_id
  group by w.user_id having w.balance < 0
    or w.balance <> coalesce(sum(case when t.credit_account = 'wallet:' || w.user_id then t.amount else -t.amount end), 0)`;

const UNTICKETED = `
  select p.id from payments p
  where p.amount <> (select coalesce(sum(price), 0) from tickets where payment_id = p.id and user_id = p.user_id)
    or 1 <> (select count(*) from ledger_transfers
      where payment_id = p.id and kind = 'PAYMENT' and amount = p.amount and wallet_user_id = p.user_id)
    or 1 <> (select count(*) from outbox_events where payload ->> 'paymentId' = p.id::text)`;

const UNPAID = `
  select id from ledger_transfers where kind = 'PAYMENT' and payment_id not in (select id from payments)
  union all select id from tickets where payment_id not in (select id from payments)
  union all select event_id from outbox_events where (payload ->> 'paymentId')::uuid not in (select id from payments)`;

const SOLD_TWICE = `
  select performance_id, seat_number from tickets where state = 'VALID' group by 1, 2 having count(*) > 1`;

/** Proves of the whole database: one seat one owner, charged if and only if ticketed, balances equal the ledger. */
export async function expectBooksInOrder(domain: TestDomain): Promise<void> {
  expect(await domain.sql(UNBALANCED), 'wallets whose balance is not the sum of the ledger').to.deep.equal([]);
  expect(await domain.sql(UNTICKETED), 'payments without their tickets, transfer or event').to.deep.equal([]);
  expect(await domain.sql(UNPAID), 'tickets, transfers or events without a payment').to.deep.equal([]);
  expect(await domain.sql(SOLD_TWICE), 'seats sold twice').to.deep.equal([]);
}
