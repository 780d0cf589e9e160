import type pg from 'pg';
import type { TestDomain, Buyer, OnSale } from '../../support/domain.ts';

/** What the damage is done to: two payments of one performance, the second of which is refunded in part. */
export interface Books {
  readonly userId: string;
  readonly otherUserId: string;
  readonly paymentId: string;
  readonly performanceId: string;
  /** The tickets of the first payment. */
  readonly ticketIds: readonly string[];
  readonly refundedPaymentId: string;
  readonly refundId: string;
  readonly refundedTicketId: string;
  readonly validTicketId: string;
}

/** Lets two users buy two seats each. */
export async function twoPurchases(domain: TestDomain): Promise<{ onSale: OnSale; buyers: readonly Buyer[] }> {
  const onSale = await domain.concert();
  const buyers = [await domain.buyer(onSale, [1, 2]), await domain.buyer(onSale, [3, 4])];
  for (const { pay } of buyers) await pay();
  await domain.main.relay.runOnce();
  return { onSale, buyers };
}

/** Does by hand what refunding one of two tickets does. */
export async function refundByHand(client: pg.Client, ticketId: string): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `with refunded as (
      insert into refunds (id, payment_id, user_id, performance_id, amount, currency_code, balance_after)
      select gen_random_uuid(), t.payment_id, t.user_id, t.performance_id, t.price, t.currency_code, w.balance + t.price
      from tickets t join wallets w on w.user_id = t.user_id where t.id = $1
      returning *
    ), moved as (
      insert into ledger_transfers
        (id, kind, debit_account, credit_account, wallet_user_id, amount, balance_after, payment_id, refund_id)
      select gen_random_uuid(), 'REFUND', 'revenue', 'wallet:' || user_id, user_id, amount, balance_after, payment_id, id
      from refunded
    ), counted as (
      update payments p set refunded_amount = p.refunded_amount + r.amount, state = 'PARTLY_REFUNDED'
      from refunded r where p.id = r.payment_id
    ), paid_back as (
      update wallets w set balance = r.balance_after from refunded r where w.user_id = r.user_id
    )
    select id from refunded`,
    [ticketId],
  );
  const refundId = rows[0]?.id ?? '';
  await client.query(`update tickets set state = 'REFUNDED', refund_id = $2, refunded_at = now() where id = $1`, [
    ticketId,
    refundId,
  ]);
  return refundId;
}
