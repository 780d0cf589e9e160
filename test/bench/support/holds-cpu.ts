import { setTimeout as sleep } from 'node:timers/promises';
import { startServer, type Server } from '../../../scripts/stack/server.ts';
import { envOn } from '../../e2e/support/system.ts';
import { cpuTimeUs } from './cpu-time.ts';
import { holdLoad, releaseAll, type Holders, type HoldKind } from './holds-calls.ts';
import type { HoldsSystem } from './holds-system.ts';
import type { BenchReport } from './report.ts';
import { withSpread } from './statistics.ts';
import { compareCpu, inTurns, type Compared } from './turns.ts';

const CONCURRENCY = 64;
const MAX_RATIO = 1.5;
/** So often everybody holds in a turn, the first times without being counted, for the reason that inTurns gives. */
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

/**
 * Measures the server process's CPU time per HoldSeats against the baseline's, in a closed loop, turn by turn. All seats are
 * free at the start of each, given back by another server. What the server and Redis do for the lines that are open, whether or
 * not anybody calls, is taken off: it is told once.
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
      const results = all.map((): Compared<Cost>[] => []);
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

function tell(report: BenchReport, seats: number, kind: HoldKind, rounds: readonly Compared<Cost>[]): void {
  const label = `HoldSeats, ${kind}, ${seats.toLocaleString('en')} seats`;
  const { ratio, figures } = compareCpu(
    rounds.map(({ baseline, server }) => ({ baseline: baseline.processUs, server: server.processUs })),
  );
  const redis = (pick: (round: Compared<Cost>) => Cost) =>
    withSpread(
      rounds.map((round) => pick(round).redisUs),
      0,
    );
  report.row(`${label}, CPU per call`, {
    ...figures,
    'Redis, baseline µs': redis(({ baseline }) => baseline),
    'Redis µs': redis(({ server }) => server),
  });
  report.goal(`${label}: CPU per call by the baseline's`, ratio, MAX_RATIO, '', ratio <= MAX_RATIO);
}
