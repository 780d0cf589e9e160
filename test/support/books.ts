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
    or 1 <> (select count(*) from outbox_events where type = 'PAID' and payload ->> 'paymentId' = p.id::text)`;

const UNPAID = `
  select id from ledger_transfers where kind = 'PAYMENT' and payment_id not in (select id from payments)
  union all select id from tickets where payment_id not in (select id from payments)
  union all select event_id from outbox_events where (payload ->> 'paymentId')::uuid not in (select id from payments)`;

const UNREFUNDED = `
  select r.id from refunds r
  where r.amount <> (select coalesce(sum(price), 0) from tickets where refund_id = r.id and payment_id = r.payment_id)
    or 1 <> (select count(*) from ledger_transfers t
      where t.refund_id = r.id and t.kind = 'REFUND' and t.amount = r.amount and t.payment_id = r.payment_id
        and t.wallet_user_id = r.user_id and t.balance_after = r.balance_after)
    or 1 <> (select count(*) from outbox_events where type = 'REFUNDED' and payload ->> 'refundId' = r.id::text)
  union all select id from payments p
  where refunded_amount <> (select coalesce(sum(amount), 0) from refunds where payment_id = p.id)
  union all select id from ledger_transfers
  where kind = 'REFUND' and refund_id not in (select id from refunds)`;

const SOLD_TWICE = `
  select performance_id, seat_number from tickets where state = 'VALID' group by 1, 2 having count(*) > 1`;

const CHECKS: Readonly<Record<string, string>> = {
  'wallets whose balance is not the sum of the ledger': UNBALANCED,
  'payments without their tickets, transfer or event': UNTICKETED,
  'tickets, transfers or events without a payment': UNPAID,
  'refunds without their tickets, transfer or event, or more money back than refunds': UNREFUNDED,
  'seats sold twice': SOLD_TWICE,
};

/** A database that can be asked. */
export type Books = Pick<TestDomain, 'sql'>;

/** What is wrong in the whole database, a line for each row: one seat one owner, charged if and only if ticketed, … */
export async function booksFaults(books: Books): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const [what, query] of Object.entries(CHECKS)) {
    for (const row of await books.sql(query)) faults.push(`${what}: ${JSON.stringify(row)}`);
  }
  return faults;
}

/** Proves of the whole database: one seat one owner, charged if and only if ticketed, balances equal the ledger. */
export async function expectBooksInOrder(books: Books): Promise<void> {
  expect(await booksFaults(books)).to.deep.equal([]);
}
