import { setTimeout as sleep } from 'node:timers/promises';
import { startServer, type Server } from '../../../scripts/stack/server.ts';
import { cpuTimeUs } from './cpu-time.ts';
import { holdLoad, releaseAll, type Holders, type HoldKind } from './holds-calls.ts';
import type { HoldsSystem } from './holds-system.ts';
import type { BenchReport } from './report.ts';
import { mean, withSpread } from './statistics.ts';

const CONCURRENCY = 64;
const MAX_RATIO = 1.5;
/**
 * So often everybody holds in a turn, the first times without being counted. While a process waits for its turn V8 clears away
 * what it had learnt of its code, and compiles it anew during the first thousand calls: a server under load does neither.
 */
const LOADS = 6;
const FIRST_LOADS = 2;

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
 * Measures the server process's CPU time per HoldSeats against the baseline's, in a closed loop, turn by turn. The ratio is of
 * what all rounds took: single ones differ by what a full garbage collection costs, which falls into some of them. All seats
 * are free at the start of each, given back by another server. What the server and Redis do for the lines that are open, whether
 * or not anybody calls, is taken off: it is told once.
 */
export async function measureHoldCpu(system: HoldsSystem, all: readonly Holders[], report: BenchReport): Promise<void> {
  const releaser = await startServer({
    name: 'releaser',
    env: {
      REDIS_URL: system.redisUrl,
      DATABASE_URL: system.databaseUrl,
      QUEUE_TOKEN_KEYS: `test:${system.tokenSecret}`,
      OPERATOR_KEYS: system.operatorKey,
    },
  });
  try {
    const rounds = report.isQuick ? 2 : 7;
    const rest = await measureRest(system, report.isQuick ? 500 : 5_000);
    report.row('at rest, with the lines of all halls open', {
      'server, % of a core': rest.server * 100,
      'Redis, % of a core': rest.redis * 100,
    });
    for (const kind of ['explicit', 'best'] as const) {
      const results = all.map((): Round[] => []);
      // The first round warms everything up.
      for (let round = -1; round < rounds; round += 1) {
        for (const [index, holders] of all.entries()) {
          const measured = await measureRound({ system, releaser, holders, kind, rest }, round);
          if (round >= 0) results[index]?.push(measured);
        }
      }
      for (const [index, holders] of all.entries()) tell(report, holders.seats, kind, results[index] ?? []);
    }
  } finally {
    await releaser.stop();
  }
}

async function measureRest(system: HoldsSystem, ms: number): Promise<Rest> {
  const [fromUs, redisFromUs] = [cpuTimeUs(system.server.pid), cpuTimeUs(system.redisPid)];
  await sleep(ms);
  const share = (pid: number, since: number) => (cpuTimeUs(pid) - since) / 1_000 / ms;
  return { server: share(system.server.pid, fromUs), redis: share(system.redisPid, redisFromUs) };
}

/** What a turn needs. */
interface Turn {
  readonly system: HoldsSystem;
  readonly releaser: Server;
  readonly holders: Holders;
  readonly kind: HoldKind;
  readonly rest: Rest;
}

async function measureRound(turn: Turn, round: number): Promise<Round> {
  const { system } = turn;
  // Each goes first in every other round: a drift of the machine favours neither.
  const early = round % 2 === 0 ? await costOf(turn, system.baseline) : undefined;
  const server = await costOf(turn, system.server);
  return { baseline: early ?? (await costOf(turn, system.baseline)), server };
}

async function costOf({ system, releaser, holders, kind, rest }: Turn, server: Server): Promise<Cost> {
  const load = holdLoad(holders, kind, CONCURRENCY);
  const isReal = server === system.server;
  let [processUs, redisUs] = [0, 0];
  for (let time = 0; time < LOADS; time += 1) {
    const [fromUs, redisFromUs, fromMs] = [cpuTimeUs(server.pid), cpuTimeUs(system.redisPid), performance.now()];
    const held = await system.client.run({ ...load, port: server.grpcPort });
    const elapsedUs = (performance.now() - fromMs) * 1_000;
    if (time >= FIRST_LOADS) {
      processUs += cpuTimeUs(server.pid) - fromUs - (isReal ? rest.server * elapsedUs : 0);
      redisUs += cpuTimeUs(system.redisPid) - redisFromUs - rest.redis * elapsedUs;
    }
    if (isReal) await releaseAll(system, holders, held, releaser);
  }
  const calls = (LOADS - FIRST_LOADS) * load.calls;
  return { processUs: processUs / calls, redisUs: redisUs / calls };
}

function tell(report: BenchReport, seats: number, kind: HoldKind, rounds: readonly Round[]): void {
  const label = `HoldSeats, ${kind}, ${seats.toLocaleString('en')} seats`;
  const ratios = rounds.map(({ server, baseline }) => server.processUs / baseline.processUs);
  const all = (pick: (round: Round) => Cost) => mean(rounds.map((round) => pick(round).processUs));
  const ratio = all(({ server }) => server) / all(({ baseline }) => baseline);
  const spread = (pick: (round: Round) => number) => withSpread(rounds.map(pick), 0);
  report.row(`${label}, CPU per call`, {
    'baseline µs': spread(({ baseline }) => baseline.processUs),
    'server µs': spread(({ server }) => server.processUs),
    'ratio of a round': withSpread(ratios),
    'ratio of all': ratio,
    'Redis, baseline µs': spread(({ baseline }) => baseline.redisUs),
    'Redis µs': spread(({ server }) => server.redisUs),
  });
  report.goal(`${label}: CPU per call by the baseline's`, ratio, MAX_RATIO, '', ratio <= MAX_RATIO);
}
