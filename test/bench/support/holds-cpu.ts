import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from '../../../scripts/stack/server.ts';
import { fineCpuTimeUs } from './cpu-time.ts';
import { holdLoad, releaseAll, type Holders, type HoldKind } from './holds-calls.ts';
import type { HoldsSystem } from './holds-system.ts';
import type { BenchReport } from './report.ts';
import { median, withSpread } from './statistics.ts';

const CONCURRENCY = 64;
const MAX_RATIO = 1.5;

/** What the processes use while nobody calls: share of a core. */
interface Rest {
  readonly server: number;
  readonly redis: number;
}

/** CPU time per call, microseconds. */
interface Cost {
  readonly processUs: number;
  readonly redisUs: number;
}

/** What one round came to. */
interface Round {
  readonly baseline: Cost;
  readonly server: Cost;
}

/**
 * Measures the server process's CPU time per HoldSeats against the baseline's, in a closed loop, turn by turn: a ratio is of
 * two runs that followed each other. All seats are free at the start of each. What the server and Redis do for the lines
 * that are open, whether or not anybody calls, is taken off: it is told once.
 */
export async function measureHoldCpu(system: HoldsSystem, all: readonly Holders[], report: BenchReport): Promise<void> {
  const rounds = report.isQuick ? 2 : 15;
  const rest = await measureRest(system, report.isQuick ? 500 : 5_000);
  report.row('at rest, with the lines of all halls open', {
    'server, % of a core': rest.server * 100,
    'Redis, % of a core': rest.redis * 100,
  });
  for (const kind of ['explicit', 'best'] as const) {
    const results = all.map((): Round[] => []);
    // The first rounds warm everything up.
    for (let round = -2; round < rounds; round += 1) {
      for (const [index, holders] of all.entries()) {
        const measured = await measureRound(system, holders, kind, round, rest);
        if (round >= 0) results[index]?.push(measured);
      }
    }
    for (const [index, holders] of all.entries()) tell(report, holders.seats, kind, results[index] ?? []);
  }
}

async function measureRest(system: HoldsSystem, ms: number): Promise<Rest> {
  const [fromUs, redisFromUs] = [fineCpuTimeUs(system.server.pid), fineCpuTimeUs(system.redisPid)];
  await sleep(ms);
  const share = (pid: number, since: number) => (fineCpuTimeUs(pid) - since) / 1_000 / ms;
  return { server: share(system.server.pid, fromUs), redis: share(system.redisPid, redisFromUs) };
}

async function measureRound(
  system: HoldsSystem,
  holders: Holders,
  kind: HoldKind,
  round: number,
  rest: Rest,
): Promise<Round> {
  const load = holdLoad(holders, kind, CONCURRENCY);
  const run = async (server: Server) => {
    const [fromUs, redisFromUs] = [fineCpuTimeUs(server.pid), fineCpuTimeUs(system.redisPid)];
    const fromMs = performance.now();
    const result = await system.client.run({ ...load, port: server.grpcPort });
    const elapsedUs = (performance.now() - fromMs) * 1_000;
    const spentUs = fineCpuTimeUs(server.pid) - fromUs - (server === system.server ? rest.server * elapsedUs : 0);
    const redisSpentUs = fineCpuTimeUs(system.redisPid) - redisFromUs - rest.redis * elapsedUs;
    return { cost: { processUs: spentUs / load.calls, redisUs: redisSpentUs / load.calls }, result };
  };
  // Each goes first in every other round: a drift of the machine favours neither.
  const early = round % 2 === 0 ? await run(system.baseline) : undefined;
  const measured = await run(system.server);
  const { cost: baseline } = early ?? (await run(system.baseline));
  await releaseAll(system, holders, measured.result);
  return { baseline, server: measured.cost };
}

function tell(report: BenchReport, seats: number, kind: HoldKind, rounds: readonly Round[]): void {
  const label = `HoldSeats, ${kind}, ${seats.toLocaleString('en')} seats`;
  const ratios = rounds.map(({ server, baseline }) => server.processUs / baseline.processUs);
  const spread = (pick: (round: Round) => number) => withSpread(rounds.map(pick), 0);
  report.row(`${label}, CPU per call`, {
    'baseline µs': spread(({ baseline }) => baseline.processUs),
    'server µs': spread(({ server }) => server.processUs),
    ratio: withSpread(ratios),
    'Redis, baseline µs': spread(({ baseline }) => baseline.redisUs),
    'Redis µs': spread(({ server }) => server.redisUs),
  });
  const ratio = median(ratios);
  report.goal(`${label}: CPU per call by the baseline's`, ratio, MAX_RATIO, '', ratio <= MAX_RATIO);
}
