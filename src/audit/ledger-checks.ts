import type { SqlCheck } from './sql-check.ts';

/** How a transfer changes the balance of its wallet. */
const CHANGE = `case when credit_account = 'wallet:' || wallet_user_id then amount else -amount end`;

/** Money is conserved: a balance is what its transfers come to, one after the other. */
export const LEDGER_CHECKS: readonly SqlCheck[] = [
  {
    check: 'balance',
    promise: 'P3',
    examined: 'wallets',
    faults: `
      with sums as (
        select wallet_user_id, sum(${CHANGE}) as sum, (array_agg(balance_after order by seq desc))[1] as last
        from ledger_transfers group by wallet_user_id
      )
      select coalesce(w.user_id, s.wallet_user_id) as "userId",
        case when w.user_id is null then 'has transfers and no wallet'
          when w.balance < 0 then format('has %s', w.balance)
          when w.balance <> coalesce(s.sum, 0)
            then format('has %s, the transfers come to %s', w.balance, coalesce(s.sum, 0))
          else format('has %s, the last transfer left %s', w.balance, s.last) end as what
      from wallets w full join sums s on s.wallet_user_id = w.user_id
      where w.user_id is null or w.balance < 0 or w.balance <> coalesce(s.sum, 0) or w.balance <> coalesce(s.last, 0)`,
  },
  {
    check: 'running-balance',
    promise: 'P3',
    examined: 'ledger_transfers',
    faults: `
      with steps as (
        select id, wallet_user_id, balance_after, ${CHANGE} as change,
          coalesce(lag(balance_after) over (partition by wallet_user_id order by seq), 0) as before
        from ledger_transfers
      )
      select id as "transferId", wallet_user_id as "userId",
        format('leaves %s after %s, and moves %s', balance_after, before, change) as what
      from steps where balance_after <> before + change or balance_after < 0`,
  },
  {
    check: 'transfer-accounts',
    promise: 'P3',
    examined: 'ledger_transfers',
    faults: `
      with expected as (
        select *, 'wallet:' || wallet_user_id as wallet from ledger_transfers
      )
      select id as "transferId", wallet_user_id as "userId",
        format('%s of %s from %s to %s', kind, amount, debit_account, credit_account) as what
      from expected
      where amount <= 0 or (kind, debit_account, credit_account) not in (
        ('CHARGE', 'outside', wallet), ('PAYMENT', wallet, 'revenue'), ('REFUND', 'revenue', wallet))
        or (kind = 'CHARGE') <> (payment_id is null) or (kind = 'REFUND') <> (refund_id is not null)`,
  },
  {
    check: 'ledger-total',
    promise: 'P3',
    examined:
      '(select debit_account from ledger_transfers union select credit_account from ledger_transfers) as accounts',
    totals: `
      select coalesce(sum(amount) filter (where debit_account = 'outside'), 0) as outside,
        coalesce(sum(case 'revenue' when credit_account then amount when debit_account then -amount end), 0) as revenue,
        (select coalesce(sum(balance), 0) from wallets) as wallets
      from ledger_transfers`,
    faults: `
      with accounts as (
        select coalesce(sum(case 'outside' when debit_account then amount when credit_account then -amount end), 0) as outside,
          coalesce(sum(case 'revenue' when credit_account then amount when debit_account then -amount end), 0) as revenue
        from ledger_transfers
      ), owed as (select coalesce(sum(balance), 0) as balance from wallets)
      select outside::text as outside, revenue::text as revenue, balance::text as wallets,
        'what came in is not what was earned and what the wallets hold' as what
      from accounts, owed where outside <> revenue + balance`,
  },
];

/**
 * What a wallet counts for its last day of charges is what these come to. Which day a charge counts for is said by the
 * clock of an instance, when it was made by Postgres's: around midnight either day is right.
 *
 * @param skewMs how far the clocks may differ, milliseconds
 */
export function chargedDayCheck(skewMs: number): SqlCheck {
  const skew = `${Math.trunc(skewMs)} * interval '1 ms'`;
  const [begins, ends] = [
    `w.charged_on::timestamp at time zone 'UTC'`,
    `(w.charged_on + 1)::timestamp at time zone 'UTC'`,
  ];
  return {
    check: 'charged-that-day',
    promise: 'P3',
    examined: 'wallets where charged_on is not null',
    faults: `
      with charged as (
        select w.user_id, coalesce(sum(t.amount), 0) as most,
          coalesce(sum(t.amount) filter (
            where t.created_at >= ${begins} + ${skew} and t.created_at < ${ends} - ${skew}), 0) as least
        from wallets w left join ledger_transfers t on t.wallet_user_id = w.user_id and t.kind = 'CHARGE'
          and t.created_at >= ${begins} - ${skew} and t.created_at < ${ends} + ${skew}
        where w.charged_on is not null group by w.user_id
      )
      select w.user_id as "userId",
        format('counts %s charged on %s, the charges come to %s', w.charged_that_day, w.charged_on, c.most) as what
      from wallets w join charged c on c.user_id = w.user_id
      where w.charged_that_day not between c.least and c.most`,
  };
}
