import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from '../../e2e/support/system.ts';
import type { BenchReport } from './report.ts';
import { setDoors } from './watch-doors.ts';
import { probeFigures, startProbe } from './watch-probe.ts';
import { openFileLimit } from './watch-process.ts';
import { startProgram, type Program } from './watch-program.ts';
import { putWatchedSaleOn, takePlaces, type WatchSystem } from './watch-sale.ts';
import type { SseCalls, Stayed } from './watch-sse.ts';

/** How large it is. */
export interface LeavingSize {
  readonly watchers: number;
  /** Before and after they leave. */
  readonly calmSeconds: number;
}

/** One in so many stays. They open among the others, so that each connection from Envoy to the server carries both. */
const KEEP_EVERY = 50;
/** Files that a process needs beside its watchers. */
const OTHER_FILES = 500;
const SEATS = 20_000;
/** Slow: whoever is in is told nothing new, and those who stay are to wait and be told of each step. */
const DOORS = { ratePerSecond: 5, burst: 1 };
const CALLERS = 10;
const CALL_INTERVAL_MS = 50;
/** The doors admit all the time, so each position changes; a stream is told of it at the latest after 5 s. */
const TOLD_WITHIN_MS = 15_000;
const POLL_MS = 250;

/** Many event streams through Envoy leave in one moment: whether the other calls on the same connections notice. */
export async function leavingWatchers(report: BenchReport, system: WatchSystem, size: LeavingSize): Promise<void> {
  const watchers = Math.min(size.watchers, openFileLimit() - OTHER_FILES);
  if (watchers < size.watchers) {
    report.line(`only ${watchers} event streams instead of ${size.watchers}: ulimit -n is ${openFileLimit()}`);
  }
  const staying = Math.floor(watchers / (KEEP_EVERY - 1));
  const browsers = startProgram<SseCalls>(join(import.meta.dirname, 'watch-sse.ts'));
  try {
    const { concertId, first } = await putWatchedSaleOn(system, SEATS, DOORS);
    const tickets = await takePlaces(system, concertId, watchers + staying);
    await browsers.ask('open', { port: system.envoy.port, tokens: tickets.map(({ token }) => token) });
    await setDoors(system, concertId, 'OPEN');
    const ask = () => system.json.call('QueueService.GetPosition', {}, first.headers);
    const probe = startProbe(ask, CALLERS, CALL_INTERVAL_MS);
    await sleep(size.calmSeconds * 1_000);
    const before = probe.take();
    const connectionsBefore = await upstreamConnections(system);
    const gone = await browsers.ask('leave', { keepEvery: KEEP_EVERY });
    await sleep(size.calmSeconds * 1_000);
    const after = probe.take();
    await probe.stop();
    const connectionsAfter = await upstreamConnections(system);
    const { broken, told } = await stayed(browsers, tickets.length - gone);
    await setDoors(system, concertId, 'PAUSED');
    report.line(`${gone} of ${tickets.length} event streams through Envoy leave at once`);
    report.row('GetPosition before', probeFigures(before));
    report.row('GetPosition after', probeFigures(after));
    report.row('Envoy to the server', {
      connections: connectionsBefore.active,
      'closed with calls on them': connectionsAfter.closed,
    });
    const silent = tickets.length - gone - told;
    report.row('streams that stayed', { streams: tickets.length - gone, broken, 'told nothing since': silent });
    const undone = before.failed + after.failed + broken + silent + connectionsAfter.closed;
    report.goal('calls and streams disturbed', undone, 0, '', undone === 0 && after.latenciesMs.length > 0);
  } finally {
    await browsers.stop();
  }
}

/** What became of those who stayed, once all of them were told something or had the time for it. */
async function stayed(browsers: Program<SseCalls>, count: number): Promise<Stayed> {
  const untilMs = performance.now() + TOLD_WITHIN_MS;
  for (;;) {
    const result = await browsers.ask('stayed', null);
    if (result.told === count || performance.now() > untilMs) return result;
    await sleep(POLL_MS);
  }
}

/** Envoy's connections to the server, and how many of them were closed under a running call. */
async function upstreamConnections(system: System): Promise<{ active: number; closed: number }> {
  const url = `http://127.0.0.1:${system.envoy.adminPort}/stats?filter=${encodeURIComponent('^cluster.grpc.upstream_cx')}`;
  const text = await (await fetch(url)).text();
  const count = (name: string) => Number(new RegExp(`^cluster\\.grpc\\.${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? NaN);
  return { active: count('upstream_cx_active'), closed: count('upstream_cx_destroy_with_active_rq') };
}
