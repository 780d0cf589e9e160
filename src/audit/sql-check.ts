import type { Query, Row } from './query.ts';
import { FAULTS_SHOWN, type CheckReport, type Fault, type Promised } from './report.ts';

/** A check that Postgres makes by itself. */
export interface SqlCheck {
  readonly check: string;
  readonly promise: Promised;
  /** The rows that are looked at, as `from` has them. */
  readonly examined: string;
  /** A query with one row for each fault: the ids by which to find it, and `what` is wrong. */
  readonly faults: string;
  /** A query with one row of figures. */
  readonly totals?: string;
}

/** Runs checks, one after the other. Postgres does the work: what comes here is the faults that are shown, and counts. */
export async function runSqlChecks(query: Query, checks: readonly SqlCheck[]): Promise<readonly CheckReport[]> {
  const counts = new Map<string, number>();
  const countOf = async (from: string): Promise<number> => {
    const known = counts.get(from);
    if (known !== undefined) return known;
    const [row] = await query(`select count(*) as count from ${from}`);
    const count = Number(row?.['count']);
    counts.set(from, count);
    return count;
  };
  const reports: CheckReport[] = [];
  for (const { check, promise, examined, faults, totals } of checks) {
    const rows = await query(
      `select bad.*, count(*) over () as fault_count from (${faults}) as bad limit ${FAULTS_SHOWN}`,
    );
    const [figures] = totals === undefined ? [] : await query(totals);
    reports.push({
      check,
      promise,
      examined: await countOf(examined),
      faultCount: Number(rows[0]?.['fault_count'] ?? 0),
      faults: rows.map(faultOf),
      ...(figures && { totals: textsOf(figures) }),
    });
  }
  return reports;
}

function faultOf(row: Row): Fault {
  const { fault_count: _count, what, ...ids } = row;
  return { ...ids, what: String(what) };
}

function textsOf(row: Row): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)]));
}
