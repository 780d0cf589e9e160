import { checkGuards } from './guard-checks.ts';
import { chargedDayCheck, LEDGER_CHECKS } from './ledger-checks.ts';
import { OUTCOME_CHECKS } from './outcome-checks.ts';
import { outboxChecks } from './outbox-checks.ts';
import { PURCHASE_CHECKS } from './purchase-checks.ts';
import type { Query } from './query.ts';
import { REFUND_CHECKS } from './refund-checks.ts';
import type { CheckReport } from './report.ts';
import { runSqlChecks } from './sql-check.ts';
import { TICKET_CHECKS } from './ticket-checks.ts';

/** Times of the auditor, in milliseconds. */
export interface AuditTimes {
  /** For how long what was begun may be unfinished, and how far clocks may differ. */
  readonly graceMs: number;
  /** How long it waits before it looks again at what differs between the stores. */
  readonly settleMs: number;
  /** For how long the outbox keeps an event that was handled, at least. */
  readonly eventsKeptMs: number;
}

/** A minute for what is unfinished, and the shortest time for which the outbox can be told to keep events. */
export const AUDIT_TIMES: AuditTimes = { graceMs: 60_000, settleMs: 1_500, eventsKeptMs: 3_600_000 };

/**
 * Proves of Postgres: one seat one owner, charged if and only if ticketed, money conserved, what is promised for
 * repetitions there, and nothing left unfinished. All queries should see one moment: see inSnapshot.
 */
export async function auditMoney(query: Query, times: AuditTimes = AUDIT_TIMES): Promise<readonly CheckReport[]> {
  const checks = [
    ...TICKET_CHECKS,
    ...PURCHASE_CHECKS,
    ...REFUND_CHECKS,
    ...LEDGER_CHECKS,
    chargedDayCheck(times.graceMs),
    ...outboxChecks(times.graceMs, times.eventsKeptMs),
    ...OUTCOME_CHECKS,
  ];
  return [...(await runSqlChecks(query, checks)), await checkGuards(query)];
}
