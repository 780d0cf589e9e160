import type { RecordReadingStore } from '../reservation/index.ts';
import { lookAtHall, type HallLookDeps } from './hall-look.ts';
import type { AuditTimes } from './money-audit.ts';
import { eachPerformance } from './performance-tickets.ts';
import { lookAtRecords } from './record-look.ts';
import { Findings, type CheckReport } from './report.ts';
import { Suspects } from './suspects.ts';

/** What the audit of seats stands on. */
export interface SeatAuditDeps extends HallLookDeps {
  readonly records: Pick<RecordReadingStore, 'names' | 'read' | 'standing'>;
  readonly delay: (ms: number) => Promise<unknown>;
}

/**
 * Proves that Redis agrees with itself and with Postgres: sold seats and tickets, keys and index, reservations and payments.
 * The two cannot be read at one moment, so what differs counts only where it differs in two more looks, each some time
 * after the one before and with fresh readings.
 */
export async function auditSeats(deps: SeatAuditDeps, times: AuditTimes): Promise<readonly CheckReport[]> {
  const findings = {
    'sold-seats': new Findings('sold-seats', 'P1'),
    'seat-owners': new Findings('seat-owners', 'P1'),
    'seat-index': new Findings('seat-index', 'P6'),
    'seat-keys': new Findings('seat-keys', 'P6'),
    'paid-reservations': new Findings('paid-reservations', 'P2'),
    'paying-reservations': new Findings('paying-reservations', 'P7'),
  };
  const suspects = new Suspects();
  for await (const performance of eachPerformance(deps.query)) {
    const look = await lookAtHall(deps, performance);
    if (look.isLoaded) for (const check of HALL_CHECKS) findings[check].examine(1);
    suspects.add({ ...look, again: async () => (await lookAtHall(deps, performance)).suspects });
  }
  const recordDeps = { ...deps, graceMs: times.graceMs };
  for await (const names of deps.records.names()) {
    for (const check of RECORD_CHECKS) findings[check].examine(names.length);
    const found = await lookAtRecords(recordDeps, names);
    const wrong = new Set(found.map(({ key }) => key));
    const suspected = names.filter(({ reservationId }) => wrong.has(reservationId));
    suspects.add({ suspects: found, again: () => lookAtRecords(recordDeps, suspected) });
  }
  const reports = new Map<string, Findings>(Object.entries(findings));
  for (const { check, fault } of await suspects.confirmed(async () => void (await deps.delay(times.settleMs))))
    reports.get(check)?.add(fault);
  return Object.values(findings).map((each) => each.report());
}

/** The checks that count the performances they looked at, and those that count reservations. */
const HALL_CHECKS = ['sold-seats', 'seat-owners', 'seat-index'] as const;
const RECORD_CHECKS = ['seat-keys', 'paid-reservations', 'paying-reservations'] as const;
