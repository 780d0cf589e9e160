import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverAt } from '../../e2e/support/system.ts';
import type { BenchReport } from './report.ts';
import type { CrowdCalls } from './watch-crowd.ts';
import { admissionSteps, sellOut, setDoors } from './watch-doors.ts';
import { lagFigures, lagsOf, soldOutLags, type AdmissionStep, type Arrivals } from './watch-lag.ts';
import { probeFigures, startProbe } from './watch-probe.ts';
import { percentile, ProcessMeter } from './watch-process.ts';
import { startProgram, type Program } from './watch-program.ts';
import { putWatchedSaleOn, takePlaces, type Ticket, type WatchSale, type WatchSystem } from './watch-sale.ts';

/** How large it is. */
export interface ManyWatchersSize {
  readonly streams: number;
  readonly connections: number;
  readonly runSeconds: number;
  readonly seats: number;
}

const RATE_PER_SECOND = 50;
/** Tokens for one tick of the doors are 10: less than twice that, and a late tick would lose admissions. */
const BURST = 20;
const PROBE_INTERVAL_MS = 200;
const SETTLE_MS = 1_000;
/** All streams read their place within 5 s; how many were told shows who is still silent long after. */
const SOLD_OUT_WITHIN_MS = 15_000;
const POLL_MS = 250;
/** An event is in the public log when Redis cannot lose it any more, REDIS_LOSS_MS, and somebody has moved it. */
const LOG_DELAY_MS = 5_000;
const NEAR_GOAL_MS = 1_000;
const ALL_GOAL_MS = 5_000;
const RSS_GOAL_MB = 1_000;

/** Many streams on one instance while the doors admit: how late they are told, and what it costs. */
export async function manyWatchers(report: BenchReport, system: WatchSystem, size: ManyWatchersSize): Promise<void> {
  const crowd = startProgram<CrowdCalls>(join(import.meta.dirname, 'watch-crowd.ts'));
  try {
    const doors = { ratePerSecond: RATE_PER_SECOND, burst: BURST };
    const sale = await putWatchedSaleOn(system, size.seats, doors);
    const tickets = await takePlaces(system, sale.concertId, size.streams);
    const address = `127.0.0.1:${serverAt(system.servers, 0).grpcPort}`;
    const meters = {
      server: new ProcessMeter(serverAt(system.servers, 0).pid),
      redis: new ProcessMeter(system.redisPid),
    };
    const openedFromMs = performance.now();
    await crowd.ask('open', { address, connections: size.connections, tickets });
    const openSeconds = ((performance.now() - openedFromMs) / 1_000).toFixed(1);
    report.line(
      `${size.streams} streams over ${size.connections} connections, open after ${openSeconds} s; ` +
        `${RATE_PER_SECOND} admissions/s for ${size.runSeconds} s`,
    );
    await sleep(SETTLE_MS);
    await measure(report, { system, sale, tickets, crowd, meters, runSeconds: size.runSeconds, seats: size.seats });
  } finally {
    await crowd.stop();
  }
}

interface Measured {
  readonly system: WatchSystem;
  readonly sale: WatchSale;
  readonly tickets: readonly Ticket[];
  readonly crowd: Program<CrowdCalls>;
  readonly meters: Readonly<Record<'server' | 'redis', ProcessMeter>>;
  readonly runSeconds: number;
  readonly seats: number;
}

async function measure(report: BenchReport, run: Measured): Promise<void> {
  const { system, sale, crowd, meters } = run;
  const ask = () => system.direct(0).call('QueueService.GetPosition', {}, sale.first.headers);
  // The first answer pays for the connection.
  await ask();
  const probe = startProbe(ask, 1, PROBE_INTERVAL_MS);
  await setDoors(system, sale.concertId, 'OPEN');
  meters.server.restart();
  meters.redis.restart();
  await sleep(run.runSeconds * 1_000);
  const untilMs = Date.now();
  const serverCpu = meters.server.cpu();
  report.row('server', {
    'CPU %': serverCpu.percent,
    'without a core %': meters.server.starvedPercent(),
    'RSS MB': meters.server.rssMb(),
  });
  report.row('Redis', { 'CPU %': meters.redis.cpu().percent, 'RSS MB': meters.redis.rssMb() });
  report.row('GetPosition meanwhile', probeFigures(probe.take()));
  const soldOut = await sellOut(system, sale, run.tickets, run.seats);
  while (Date.now() < soldOut.atMs + SOLD_OUT_WITHIN_MS) {
    if ((await crowd.ask('toldSoldOut', null)) === run.tickets.length) break;
    await sleep(POLL_MS);
  }
  await probe.stop();
  await sleep(Math.max(0, untilMs + LOG_DELAY_MS - Date.now()));
  const arrivals = await crowd.ask('finish', null);
  const steps = (await admissionSteps(system, sale.concertId)).filter((step) => step.atMs <= untilMs);
  const messages = reportLags(report, steps, arrivals, untilMs);
  report.row('CPU of the server', { 'µs a message': Math.round((serverCpu.seconds * 1e6) / messages) });
  const told = soldOutLags(arrivals, soldOut.atMs);
  report.row('told that it is sold out', {
    ...lagFigures(told),
    streams: run.tickets.length,
    'holds refused at first': soldOut.refused,
  });
  report.row('streams that broke', { broken: arrivals.broken });
  const peakMb = meters.server.peakRssMb();
  report.goal('RSS of the server, peak', peakMb, RSS_GOAL_MB, 'MB', peakMb <= RSS_GOAL_MB);
}

/** Reports how late the streams were told; returns how many messages put a position right. */
function reportLags(report: BenchReport, steps: readonly AdmissionStep[], arrivals: Arrivals, untilMs: number): number {
  const lags = lagsOf(steps, arrivals, untilMs);
  const admitted = steps.at(-1)?.admittedUpTo ?? 0;
  report.row('admitted by the log', { places: admitted, steps: steps.length });
  report.row('lag of the first 1,000', lagFigures(lags.near));
  report.row('lag of the rest', lagFigures(lags.rest));
  report.row('lag of ADMITTED', lagFigures(lags.admitted));
  report.row('wrong at the end for at most', { ms: lags.oldestAtEndMs });
  report.row('the reader itself was late', { 'p99 ms': arrivals.ownDelayP99Ms });
  const nearMs = percentile(lags.near, 0.99);
  const allMs = percentile(Float64Array.from([...lags.near, ...lags.rest]).sort(), 0.99);
  report.goal(
    'update lag p99, first 1,000',
    nearMs,
    NEAR_GOAL_MS,
    'ms',
    lags.near.length > 0 && nearMs <= NEAR_GOAL_MS,
  );
  report.goal('update lag p99, all', allMs, ALL_GOAL_MS, 'ms', lags.rest.length > 0 && allMs <= ALL_GOAL_MS);
  return lags.near.length + lags.rest.length;
}
