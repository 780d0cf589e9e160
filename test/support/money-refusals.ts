import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readApi } from '../../scripts/openapi/api.ts';
import { readReasons, reasonsOf, type Reason } from '../../scripts/openapi/errors.ts';
import { rootDir } from '../../scripts/stack/paths.ts';

const api = readApi(readFileSync(join(rootDir, 'src/generated/frontrow.binpb')));

/** Every RPC of the services that move money or show it, such as `WalletService.ChargeBalance`. */
export const moneyRpcs = api.services
  .filter(({ name }) => name === 'WalletService' || name === 'PaymentService')
  .flatMap(({ rpcs }) => rpcs);

/** What the caller of a refused money RPC does next; where that is the same call again, `Retry-After` says when. */
export const ADVICE: Readonly<Record<string, string>> = {
  INVALID_REQUEST: 'not again; correct the fields that are named',
  IDEMPOTENCY_KEY_REUSED: 'with a key of its own',
  REQUEST_IN_PROGRESS: 'the same with the same key after `Retry-After`',
  TOKEN_MISSING: 'with the token of IssueToken',
  TOKEN_INVALID: 'with the token of IssueToken',
  TOKEN_EXPIRED: 'with a fresh token of IssueToken, for the same place',
  OPERATOR_KEY_MISSING: 'with an operator key',
  OPERATOR_KEY_INVALID: 'with an operator key that is configured',
  USER_MISMATCH: 'with the token of the user in the request',
  PERFORMANCE_NOT_FOUND: 'not again',
  RESERVATION_NOT_FOUND: 'not again; ListPayments has what was paid',
  PAYMENT_NOT_FOUND: 'not again',
  TICKET_NOT_FOUND: 'with tickets of the payment',
  CANCELLATION_NOT_FOUND: 'after CancelPerformance',
  PERFORMANCE_CANCELED: 'not again; nothing was charged',
  HOLD_EXPIRED: 'not again; hold seats anew',
  RESERVATION_RELEASED: 'not again; hold seats anew',
  PAYMENT_IN_PROGRESS: 'the same with the same key after `Retry-After`, which gives the outcome',
  INSUFFICIENT_BALANCE: 'the same with the same key after ChargeBalance, while the hold lives',
  BALANCE_CEILING_EXCEEDED: 'with less, or the same when money was spent; the key is free',
  SEAT_LOST: 'not again; hold other seats in its place',
  PAYMENT_OUTCOME_UNKNOWN: 'the same with the same key after `Retry-After`, until the outcome comes',
  CHARGE_DAY_EXCEEDED: 'the same after `Retry-After`, on the next day of UTC, or with less; the key is free',
  EXTERNAL_REFERENCE_USED: 'not again; the money came in by the first call',
  TICKET_ALREADY_REFUNDED: 'not again; the money is back',
  STORE_UNAVAILABLE: 'the same with the same key after `Retry-After`',
  INTERNAL: 'the same with the same key; if it comes again, give its `request_id` to the operator',
};

/** A reason for which money RPCs are refused. */
export interface MoneyRefusal extends Reason {
  /** The RPCs, such as `PaymentService.PayReservation`. */
  readonly rpcs: readonly string[];
  readonly advice: string | undefined;
}

/** Every reason for which a money RPC can be refused, but SERVER_STOPPING, which is no answer to a request. */
export const moneyRefusals: readonly MoneyRefusal[] = refusals();

function refusals(): readonly MoneyRefusal[] {
  const reasons = readReasons(api);
  const byRpc = moneyRpcs.map((rpc) => ({
    name: `${rpc.service}.${rpc.name}`,
    reasons: new Set(reasonsOf(rpc, reasons, false).map((reason) => reason.name)),
  }));
  return [...reasons.values()]
    .filter(({ name }) => name !== 'SERVER_STOPPING')
    .map((reason) => ({
      ...reason,
      rpcs: byRpc.filter((rpc) => rpc.reasons.has(reason.name)).map(({ name }) => name),
      advice: ADVICE[reason.name],
    }))
    .filter(({ rpcs }) => rpcs.length > 0);
}
