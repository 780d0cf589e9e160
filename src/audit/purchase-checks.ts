import type { SqlCheck } from './sql-check.ts';

/** Charged if and only if ticketed. */
export const PURCHASE_CHECKS: readonly SqlCheck[] = [
  {
    check: 'payment-transfer',
    promise: 'P2',
    examined: 'payments',
    faults: `
      with moved as (
        select payment_id, count(*) as count, sum(amount) as amount, min(wallet_user_id::text) as user_id,
          min(balance_after) as balance_after
        from ledger_transfers where kind = 'PAYMENT' group by payment_id
      )
      select p.id as "paymentId", p.user_id as "userId",
        case when m.count is null then 'was not debited'
          when m.count > 1 then format('was debited %s times', m.count)
          when m.user_id <> p.user_id::text then format('was debited to %s', m.user_id)
          when m.amount <> p.amount then format('costs %s, %s was debited', p.amount, m.amount)
          else format('says that %s was left, the ledger %s', p.balance_after, m.balance_after) end as what
      from payments p left join moved m on m.payment_id = p.id
      where m.count is distinct from 1 or m.user_id <> p.user_id::text or m.amount <> p.amount
        or m.balance_after <> p.balance_after`,
  },
  {
    check: 'payment-tickets',
    promise: 'P2',
    examined: 'payments',
    faults: `
      with bought as (
        select t.payment_id, sum(t.price) as price, count(*) filter (
          where t.user_id <> p.user_id or t.concert_id <> p.concert_id or t.performance_id <> p.performance_id
            or t.currency_code <> p.currency_code) as strange
        from tickets t join payments p on p.id = t.payment_id group by t.payment_id
      )
      select p.id as "paymentId", p.user_id as "userId",
        case when b.payment_id is null then 'has no tickets'
          when b.price <> p.amount then format('costs %s, its tickets come to %s', p.amount, b.price)
          else format('%s of its tickets are of another user, concert, performance or currency', b.strange) end as what
      from payments p left join bought b on b.payment_id = p.id
      where b.payment_id is null or b.price <> p.amount or b.strange > 0`,
  },
  {
    check: 'unpaid',
    promise: 'P2',
    examined: 'tickets',
    faults: `
      select t.id as "ticketId", null as "transferId", t.payment_id as "paymentId", 'is a ticket without a payment' as what
      from tickets t where not exists (select from payments p where p.id = t.payment_id)
      union all
      select null, l.id, l.payment_id, format('is a transfer (%s) without its payment', l.kind)
      from ledger_transfers l
      where l.kind <> 'CHARGE' and not exists (select from payments p where p.id = l.payment_id)`,
  },
];
