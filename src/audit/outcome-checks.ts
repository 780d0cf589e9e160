import type { SqlCheck } from './sql-check.ts';

/** What a repetition would be answered with is there. */
export const OUTCOME_CHECKS: readonly SqlCheck[] = [
  outcomeCheck('PayReservation', 'select id from payments where user_id::text = subject'),
  outcomeCheck(
    'ChargeBalance',
    `select id from ledger_transfers where kind = 'CHARGE' and wallet_user_id::text = subject`,
  ),
  // Its subject is an operator, who has no refunds of their own.
  outcomeCheck('RefundPayment', 'select id from refunds where true'),
];

function outcomeCheck(rpc: string, made: string): SqlCheck {
  return {
    check: `outcome-${rpc}`,
    promise: 'P8',
    examined: `idempotent_outcomes where rpc = '${rpc}'`,
    faults: `
      select rpc, subject, key, outcome ->> 'id' as id,
        case when outcome ->> 'id' is null then 'has an outcome without an id'
          else 'names what is not there, or is not of its subject' end as what
      from idempotent_outcomes
      where rpc = '${rpc}' and not exists (${made} and id::text = outcome ->> 'id')`,
  };
}
