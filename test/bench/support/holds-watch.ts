import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { changeLags, changeSeats, mostInASecond } from './holds-changes.ts';
import { openHall } from './holds-hall.ts';
import type { HoldsSystem } from './holds-system.ts';
import { FIELDS, type SeatWatcherCalls } from './holds-watchers.ts';
import type { BenchReport } from './report.ts';
import { lagFigures } from './watch-lag.ts';
import { percentile, ProcessMeter } from './watch-process.ts';
import { startProgram } from './watch-program.ts';

const SEATS = 50_000;
const SETTLE_MS = 1_000;
const LAG_GOAL_MS = 300;
const MESSAGES_GOAL = 10;

/** Many watch one performance whose seats are held and given back all the time. */
export async function measureSeatWatch(system: HoldsSystem, report: BenchReport): Promise<void> {
  const { watchers, connections, seconds } = report.isQuick
    ? { watchers: 50, connections: 2, seconds: 2 }
    : { watchers: 1_000, connections: 10, seconds: 20 };
  const crowd = startProgram<SeatWatcherCalls>(join(import.meta.dirname, 'holds-watchers.ts'));
  try {
    const hall = await openHall(system, SEATS, Math.max(watchers, 300));
    const { performanceId } = hall;
    const meters = { server: new ProcessMeter(system.server.pid), redis: new ProcessMeter(system.redisPid) };
    const tokens = hall.fans.slice(0, watchers).map(({ token }) => token);
    const address = `127.0.0.1:${system.server.grpcPort}`;
    const openedFromMs = performance.now();
    await crowd.ask('open', { address, connections, performanceId, tokens });
    report.row(`${watchers.toLocaleString('en')} streams of ${SEATS.toLocaleString('en')} seats open`, {
      'after ms': performance.now() - openedFromMs,
      'server µs a stream': (meters.server.cpu().seconds * 1e6) / watchers,
    });
    await sleep(SETTLE_MS);
    meters.server.restart();
    meters.redis.restart();
    const changes = await changeSeats(system, hall, seconds);
    const [serverCpu, redisCpu] = [meters.server.cpu(), meters.redis.cpu()];
    report.row('server', { 'CPU %': serverCpu.percent, 'without a core %': meters.server.starvedPercent() });
    report.row('Redis', { 'CPU %': redisCpu.percent, 'without a core %': meters.redis.starvedPercent() });
    await sleep(SETTLE_MS);
    const arrivals = await crowd.ask('finish', null);
    const lags = changeLags(changes, arrivals);
    const told = arrivals.arrivals.length / FIELDS;
    const perSecond = told / watchers / seconds;
    report.row('lag since the change was asked for', lagFigures(lags.sinceAsked));
    report.row('lag since it was answered', lagFigures(lags.sinceAnswered));
    report.row('changes', {
      'a second': changes.length / seconds,
      untold: lags.untold,
      'maps read again': arrivals.mapsAgain,
      'streams broken': arrivals.broken,
      'reader late, p99 ms': arrivals.ownDelayP99Ms,
    });
    report.row('messages to a watcher', {
      'a second': perSecond,
      'most in any second': mostInASecond(arrivals),
      'server µs a message, holds included': (serverCpu.seconds * 1e6) / told,
    });
    const lagMs = percentile(lags.sinceAsked, 0.99);
    const isTold = lags.sinceAsked.length > 0 && lags.untold + arrivals.broken === 0;
    report.goal(
      'WatchSeats: lag p99 since the change was asked for',
      lagMs,
      LAG_GOAL_MS,
      'ms',
      isTold && lagMs <= LAG_GOAL_MS,
    );
    report.goal('WatchSeats: messages a second', perSecond, MESSAGES_GOAL, '', perSecond <= MESSAGES_GOAL);
  } finally {
    await crowd.stop();
  }
}
