import { RawMoney } from './support/pay-baseline.ts';
import { CONNECTIONS, payingReservation, startMoney } from './support/pay-money.ts';
import type { BenchReport } from './support/report.ts';
import { median, quantile, withSpread } from './support/statistics.ts';

const CHARGED = 50_000n;
const ROUNDS = 3;
const MIN_SHARE = 0.4;

interface Run {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly p99Ms: number;
}

type Call = (userId: string) => Promise<void>;

/** Payments and charges in Postgres by the unit of work, and the same SQL by pg with prepared statements. */
export async function run(report: BenchReport): Promise<void> {
  const money = await startMoney();
  const raw = new RawMoney(money.url, CONNECTIONS);
  try {
    const ways: Readonly<Record<string, Readonly<Record<'unit of work' | 'pg', Call>>>> = {
      payments: {
        'unit of work': (userId) => money.pay(payingReservation(userId)),
        pg: (userId) => raw.pay(payingReservation(userId)),
      },
      charges: { 'unit of work': (userId) => money.charge(userId), pg: (userId) => raw.charge(userId, CHARGED) },
    };
    for (const [what, { 'unit of work': unitOfWork, pg }] of Object.entries(ways)) {
      await compare(report, what, { unitOfWork, pg }, money.userIds);
    }
  } finally {
    await raw.stop();
    await money.stop();
  }
}

async function compare(
  report: BenchReport,
  what: string,
  calls: Readonly<Record<'unitOfWork' | 'pg', Call>>,
  userIds: readonly string[],
): Promise<void> {
  const [rounds, count] = report.isQuick ? [1, 200] : [ROUNDS, 1_000];
  for (const factor of [2, 4]) {
    const callers = factor * CONNECTIONS;
    const runs: Record<'unitOfWork' | 'pg', Run[]> = { unitOfWork: [], pg: [] };
    // The first run of each is to warm up. One after the other within each round, so that what disturbs meets both.
    for (let round = 0; round <= rounds; round += 1) {
      for (const way of ['unitOfWork', 'pg'] as const) {
        const measured = await load(calls[way], callers, count, userIds);
        if (round > 0 || report.isQuick) runs[way].push(measured);
      }
    }
    for (const way of ['unitOfWork', 'pg'] as const) {
      const of = (figure: keyof Run, digits: number) =>
        withSpread(
          runs[way].map((each) => each[figure]),
          digits,
        );
      const label = `${what} by ${way === 'pg' ? 'pg alone, prepared' : 'the unit of work'}, ${callers} callers`;
      report.row(label, {
        'a second': of('perSecond', 0),
        'CPU of Node, µs': of('cpuUs', 0),
        'p99 ms': of('p99Ms', 0),
      });
    }
    const share = median(runs.unitOfWork.map((each, round) => each.perSecond / (runs.pg[round]?.perSecond ?? 0)));
    const limit = `≥ ${MIN_SHARE}`;
    report.goal(`${what} a second by those of pg, ${callers} callers`, share, limit, '', share >= MIN_SHARE);
  }
}

/** Makes so many calls by so many callers, each for a wallet of its own at a time. */
async function load(call: Call, callers: number, count: number, userIds: readonly string[]): Promise<Run> {
  const latenciesMs: number[] = [];
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < count) {
      const userId = userIds[next % userIds.length] ?? '';
      next += 1;
      const startMs = performance.now();
      await call(userId);
      latenciesMs.push(performance.now() - startMs);
    }
  };
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  const tookMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond: (count * 1_000) / tookMs,
    cpuUs: (user + system) / count,
    p99Ms: quantile(latenciesMs, 0.99),
  };
}
