import type { SqlCheck } from './sql-check.ts';

/** What goes back goes back once, for tickets that are void by it. */
export const REFUND_CHECKS: readonly SqlCheck[] = [
  {
    check: 'refund-transfer',
    promise: 'P2',
    examined: 'refunds',
    faults: `
      with moved as (
        select refund_id, count(*) as count, sum(amount) as amount, min(wallet_user_id::text) as user_id,
          min(payment_id::text) as payment_id, min(balance_after) as balance_after
        from ledger_transfers where kind = 'REFUND' group by refund_id
      )
      select coalesce(r.id, m.refund_id) as "refundId", coalesce(r.payment_id::text, m.payment_id) as "paymentId",
        case when r.id is null then 'was credited and is not there'
          when m.count is null then 'was not credited'
          when m.count > 1 then format('was credited %s times', m.count)
          when m.user_id <> r.user_id::text then format('was credited to %s', m.user_id)
          when m.payment_id <> r.payment_id::text then format('was credited for payment %s', m.payment_id)
          when m.amount <> r.amount then format('is %s, %s was credited', r.amount, m.amount)
          else format('says that %s was there after it, the ledger %s', r.balance_after, m.balance_after) end as what
      from refunds r full join moved m on m.refund_id = r.id
      where r.id is null or m.count is distinct from 1 or m.user_id <> r.user_id::text
        or m.payment_id <> r.payment_id::text or m.amount <> r.amount or m.balance_after <> r.balance_after`,
  },
  {
    check: 'refund-tickets',
    promise: 'P2',
    examined: 'refunds',
    faults: `
      with voided as (
        select t.refund_id, sum(t.price) as price, count(*) filter (where t.state <> 'REFUNDED') as living,
          count(*) filter (where t.payment_id <> r.payment_id or t.user_id <> r.user_id
            or t.performance_id <> r.performance_id or t.currency_code <> r.currency_code) as strange
        from tickets t join refunds r on r.id = t.refund_id group by t.refund_id
      )
      select r.id as "refundId", null as "ticketId",
        case when v.refund_id is null then 'is for no ticket'
          when v.price <> r.amount then format('is %s, its tickets come to %s', r.amount, v.price)
          when v.living > 0 then format('%s of its tickets are valid still', v.living)
          else format('%s of its tickets are of another payment, user, performance or currency', v.strange) end as what
      from refunds r left join voided v on v.refund_id = r.id
      where v.refund_id is null or v.price <> r.amount or v.living > 0 or v.strange > 0
      union all
      select t.refund_id, t.id, 'is a ticket that is refunded by no refund'
      from tickets t where (t.state = 'REFUNDED' or t.refund_id is not null)
        and not exists (select from refunds r where r.id = t.refund_id)`,
  },
  {
    check: 'refunded-payment',
    promise: 'P2',
    examined: 'payments',
    faults: `
      with back as (select payment_id, sum(amount) as amount from refunds group by payment_id)
      select coalesce(p.id, b.payment_id) as "paymentId", p.user_id as "userId",
        case when p.id is null then 'has refunds and is not there'
          when p.refunded_amount <> coalesce(b.amount, 0)
            then format('says that %s went back, its refunds come to %s', p.refunded_amount, coalesce(b.amount, 0))
          else format('is %s with %s of %s refunded', p.state, p.refunded_amount, p.amount) end as what
      from payments p full join back b on b.payment_id = p.id
      where p.id is null or p.refunded_amount <> coalesce(b.amount, 0)
        or p.state <> case p.refunded_amount when 0 then 'PAID' when p.amount then 'REFUNDED' else 'PARTLY_REFUNDED' end`,
  },
];
