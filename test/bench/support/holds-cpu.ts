import { setTimeout as sleep } from 'node:timers/promises';
import { startServer, type Server } from '../../../scripts/stack/server.ts';
import { envOn } from '../../e2e/support/system.ts';
import { cpuTimeUs } from './cpu-time.ts';
import { holdLoad, releaseAll, type Holders, type HoldKind } from './holds-calls.ts';
import type { HoldsSystem } from './holds-system.ts';
import type { Load } from './load-client.ts';
import type { BenchReport } from './report.ts';
import { withSpread } from './statistics.ts';
import { compareCpu, inTurns, type Compared } from './turns.ts';

const CONCURRENCY = 64;
const MAX_RATIO = 1.5;
/** What both servers keep up with, at a pace that the calls have anyhow. */
const RATE_PER_SECOND = 2_500;
/** So often everybody holds in a turn without being counted, for the reason that inTurns gives, and then at each pace. */
const FIRST_LOADS = 2;
const LOADS = 4;

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

/** What a call costs by how the calls come. */
interface Costs {
  /** The next call of each caller comes when its last one has its answer: the cheaper server gets more calls. */
  readonly closed: Cost;
  /** As many calls a second come to both. */
  readonly paced: Cost;
}

/**
 * Measures the server process's CPU time per HoldSeats against the baseline's, in a closed loop and at the same rate, turn by
 * turn: the more calls a process gets, the more of them it serves in one turn of its event loop, and the less each costs. All
 * seats are free at the start of each load, given back by another server. What the server and Redis do for the lines that are
 * open, whether or not anybody calls, is taken off: it is told once.
 */
export async function measureHoldCpu(system: HoldsSystem, all: readonly Holders[], report: BenchReport): Promise<void> {
  const releaser = await startServer({
    name: 'releaser',
    env: envOn(system),
  });
  try {
    const rounds = report.isQuick ? 2 : 7;
    const rest = await measureRest(system, report.isQuick ? 500 : 5_000);
    report.row('at rest, with the lines of all halls open', {
      'server, % of a core': rest.server * 100,
      'Redis, % of a core': rest.redis * 100,
    });
    for (const kind of ['explicit', 'best'] as const) {
      const results = all.map((): Compared<Costs>[] => []);
      // The first round warms everything up.
      for (let round = -1; round < rounds; round += 1) {
        for (const [index, holders] of all.entries()) {
          const cost = (server: Server) => () => costOf({ system, releaser, holders, kind, rest }, server);
          const measured = await inTurns(round, cost(system.baseline), cost(system.server));
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

async function costOf(turn: Turn, server: Server): Promise<Costs> {
  const load = holdLoad(turn.holders, turn.kind, CONCURRENCY);
  await costOfLoads(turn, server, load, FIRST_LOADS);
  const closed = await costOfLoads(turn, server, load, LOADS);
  return { closed, paced: await costOfLoads(turn, server, { ...load, ratePerSecond: RATE_PER_SECOND }, LOADS) };
}

/** Makes a load several times, and gives what a call of them cost. */
async function costOfLoads(
  { system, releaser, holders, rest }: Turn,
  server: Server,
  load: Omit<Load, 'port'>,
  times: number,
): Promise<Cost> {
  const isReal = server === system.server;
  let [processUs, redisUs] = [0, 0];
  for (let time = 0; time < times; time += 1) {
    const [fromUs, redisFromUs, fromMs] = [cpuTimeUs(server.pid), cpuTimeUs(system.redisPid), performance.now()];
    const held = await system.client.run({ ...load, port: server.grpcPort });
    const elapsedUs = (performance.now() - fromMs) * 1_000;
    processUs += cpuTimeUs(server.pid) - fromUs - (isReal ? rest.server * elapsedUs : 0);
    redisUs += cpuTimeUs(system.redisPid) - redisFromUs - rest.redis * elapsedUs;
    if (isReal) await releaseAll(system, holders, held, releaser);
  }
  const calls = times * load.calls;
  return { processUs: processUs / calls, redisUs: redisUs / calls };
}

function tell(report: BenchReport, seats: number, kind: HoldKind, rounds: readonly Compared<Costs>[]): void {
  const label = `HoldSeats, ${kind}, ${seats.toLocaleString('en')} seats`;
  tellOf(report, `${label}, closed loop`, rounds, ({ closed }) => closed);
  tellOf(report, `${label}, ${RATE_PER_SECOND.toLocaleString('en')}/s`, rounds, ({ paced }) => paced);
}

function tellOf(
  report: BenchReport,
  label: string,
  measured: readonly Compared<Costs>[],
  pick: (costs: Costs) => Cost,
): void {
  const rounds = measured.map(({ baseline, server }) => ({ baseline: pick(baseline), server: pick(server) }));
  const { ratio, figures } = compareCpu(
    rounds.map(({ baseline, server }) => ({ baseline: baseline.processUs, server: server.processUs })),
  );
  const redis = (of: (round: Compared<Cost>) => Cost) =>
    withSpread(
      rounds.map((round) => of(round).redisUs),
      0,
    );
  report.row(`${label}, CPU per call`, {
    ...figures,
    'Redis, baseline µs': redis(({ baseline }) => baseline),
    'Redis µs': redis(({ server }) => server),
  });
  report.goal(`${label}: CPU per call by the baseline's`, ratio, MAX_RATIO, '', ratio <= MAX_RATIO);
}
