import { randomUUID } from 'node:crypto';
import { behind, behindTrigger, plain, without, withoutTriggerAnd, type Damage } from './damage.ts';

const NEW_ID = randomUUID();

const LEDGER: readonly Damage[] = [
  plain('balances of which one has what another lacks', 'balance', (b) => [
    b.userId,
    `update wallets set balance = balance + case user_id when '${b.userId}' then 1 else -1 end
     where user_id in ('${b.userId}', '${b.otherUserId}')`,
  ]),
  plain('a balance out of nothing', ['balance', 'ledger-total'], (b) => [
    b.userId,
    `update wallets set balance = balance + 1 where user_id = '${b.userId}'`,
  ]),
  behind(without('wallets', 'wallets_balance_check'), 'a negative balance', ['balance', 'ledger-total'], (b) => [
    b.userId,
    `update wallets set balance = -1 where user_id = '${b.userId}'`,
  ]),
  plain('transfers of a wallet that is gone', ['balance', 'ledger-total'], (b) => [
    b.userId,
    `delete from wallets where user_id = '${b.userId}'`,
  ]),
  behind(behindTrigger, 'a transfer that left another balance', 'running-balance', (b) => [
    b.userId,
    `update ledger_transfers set balance_after = balance_after + 1
     where kind = 'CHARGE' and wallet_user_id = '${b.userId}'`,
  ]),
  behind(
    withoutTriggerAnd('ledger_transfers_charge_check'),
    'a charge that says it was for a payment',
    'transfer-accounts',
    (b) => [
      b.userId,
      `update ledger_transfers set payment_id = '${NEW_ID}' where kind = 'CHARGE' and wallet_user_id = '${b.userId}'`,
    ],
  ),
  behind(
    withoutTriggerAnd('ledger_transfers_charge_check'),
    'a charge out of what was earned',
    'transfer-accounts',
    (b) => [
      b.userId,
      `update ledger_transfers set debit_account = 'revenue' where kind = 'CHARGE' and wallet_user_id = '${b.userId}'`,
    ],
  ),
  plain('a day that counts more than was charged', 'charged-that-day', (b) => [
    b.userId,
    `update wallets set charged_that_day = charged_that_day + 1 where user_id = '${b.userId}'`,
  ]),
  plain('a day that counts what was charged on another', 'charged-that-day', (b) => [
    b.userId,
    `update wallets set charged_on = charged_on - 7 where user_id = '${b.userId}'`,
  ]),
];

const GUARDS: readonly Damage[] = [
  plain('a ledger whose trigger is off', 'guards', () => [
    'ledger_transfers_append_only',
    'alter table ledger_transfers disable trigger ledger_transfers_append_only',
  ]),
  plain('a ledger whose trigger sleeps in replication', 'guards', () => [
    'ledger_transfers_append_only',
    'alter table ledger_transfers enable trigger ledger_transfers_append_only',
  ]),
  plain('a trigger that lets everything pass', 'guards', () => [
    'ledger_transfers_append_only',
    'create or replace function refuse_change() returns trigger language plpgsql as $$ begin return null; end $$',
  ]),
  plain('a ledger that may be truncated', 'guards', () => [
    'ledger_transfers_append_only',
    `drop trigger ledger_transfers_append_only on ledger_transfers;
     create trigger ledger_transfers_append_only before update or delete on ledger_transfers
     for each statement execute function refuse_change();
     alter table ledger_transfers enable always trigger ledger_transfers_append_only`,
  ]),
  plain('a check that is gone', 'guards', () => [
    'wallets_balance_check',
    'alter table wallets drop constraint wallets_balance_check',
  ]),
  plain('a check that skips the rows that were there', 'guards', () => [
    'wallets_balance_check',
    `alter table wallets drop constraint wallets_balance_check,
       add constraint wallets_balance_check check (balance >= 0) not valid`,
  ]),
  plain('an index on seats that is not unique', 'guards', () => [
    'tickets_valid_seat_unique',
    `drop index tickets_valid_seat_unique;
     create index tickets_valid_seat_unique on tickets (performance_id, seat_number) where state = 'VALID'`,
  ]),
];

const UNFINISHED: readonly Damage[] = [
  plain('an event that waits for more than a minute', 'event-waits', (b) => [
    'PAID',
    `update outbox_events set processed_at = null, created_at = now() - interval '61 s'
     where payload ->> 'paymentId' = '${b.paymentId}'`,
  ]),
  plain('an event that was given up', 'event-parked', (b) => [
    'no such thing',
    `update outbox_events set processed_at = null, parked_at = now(), last_error = 'no such thing'
     where payload ->> 'paymentId' = '${b.paymentId}'`,
  ]),
];

const outcome = (rpc: string, subject: string, json: string): readonly [string, string] => [
  subject,
  `insert into idempotent_outcomes (rpc, subject, key, request_hash, outcome)
   values ('${rpc}', '${subject}', 'key', 'hash', '${json}')`,
];
const OUTCOMES: readonly Damage[] = [
  plain('the outcome of a payment that is not there', 'outcome-PayReservation', (b) =>
    outcome('PayReservation', b.userId, `{"id": "${NEW_ID}"}`),
  ),
  plain("another user's payment as an outcome", 'outcome-PayReservation', (b) =>
    outcome('PayReservation', b.otherUserId, `{"id": "${b.paymentId}"}`),
  ),
  plain('the outcome of a charge that is not there', 'outcome-ChargeBalance', (b) =>
    outcome('ChargeBalance', b.userId, `{"id": "${b.paymentId}"}`),
  ),
  plain('the outcome of a refund without an id', 'outcome-RefundPayment', () =>
    outcome('RefundPayment', 'operator', '{}'),
  ),
];

/** Damage to balances and the ledger, to what guards them, and to what has to be finished or repeated. */
export const LEDGER_DAMAGE: readonly Damage[] = [...LEDGER, ...GUARDS, ...UNFINISHED, ...OUTCOMES];
