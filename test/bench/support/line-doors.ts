import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { objectAt, textAt } from '../../e2e/support/door.ts';
import type { BenchReport } from './report.ts';
import type { LineSystem } from './line-system.ts';
import { GET_POSITION, joinUsers, type FilledLine } from './line-waiters.ts';
import { ScriptRuns } from './script-runs.ts';
import { quantile } from './statistics.ts';

const POLL_MS = 10;
const GIVE_UP_MS = 30_000;
const MAX_SCRIPT_MS = 10;
/** Longer than the bucket takes to fill to its brim. */
const REFILL_MS = 1_500;

/** Opens the doors for a burst while the line is long, and looks at those who ask for their place meanwhile. */
export async function measureBurst(system: LineSystem, line: FilledLine, report: BenchReport): Promise<void> {
  const [burst, calls] = report.isQuick ? [100, 1_000] : [1_000, 20_000];
  const { concertId } = line;
  // More may be inside than there are seats: the stock is not what is measured.
  const policy = { concertId, capacity: burst, burst, ratePerSecond: burst, seatHeadroomPercent: 100_000 };
  await system.operate('QueueService.UpdateAdmissionPolicy', policy);
  await sleep(REFILL_MS);
  const runs = new ScriptRuns(system.redis, 'advance-line');
  await runs.start();
  const load = { port: system.server.grpcPort, path: GET_POSITION, concurrency: 8, requests: [], tokens: line.tokens };
  const asking = system.client.run({ ...load, calls });
  const openedAtMs = Date.now();
  await system.operate('QueueService.UpdateAdmissionPolicy', { concertId, mode: 'OPEN' });
  await until('the burst is admitted', async () => {
    const stats = await system.operate('QueueService.GetQueueStats', { concertId });
    return Number(stats['admitted']) >= burst;
  });
  const admittedAtMs = Date.now();
  const { latenciesMs, endedAtMs } = await asking;
  const meanwhile = latenciesMs.filter((_latency, index) => {
    const endMs = endedAtMs[index] ?? 0;
    return endMs >= openedAtMs && endMs <= admittedAtMs;
  });
  const longestMs = Math.max(0, ...(await runs.takenMs()));
  const label = `Burst of ${burst.toLocaleString('en')}, ${line.waiters.toLocaleString('en')} waiting`;
  report.row(label, {
    'until all are in, ms': admittedAtMs - openedAtMs,
    'longest script run, ms': longestMs,
    'GetPosition p99 meanwhile, ms': meanwhile.length > 0 ? quantile(meanwhile, 0.99) : '–',
  });
  report.goal(`${label}: longest script run`, longestMs, MAX_SCRIPT_MS, 'ms', longestMs <= MAX_SCRIPT_MS);
}

/** Lets a line begin with users who went silent, and looks how long they hold up the first one who is there. */
export async function measureGhosts(system: LineSystem, report: BenchReport): Promise<void> {
  const ghosts = report.isQuick ? 5_000 : 100_000;
  const concertId = await system.pausedConcert();
  await joinUsers(system, concertId, ghosts);
  const issued = await system.call('QueueService.IssueToken', { concertId, userId: randomUUID() });
  const headers = { 'queue-token': textAt(issued, 'token') };
  const isAdmitted = async () => {
    const body = await system.call('QueueService.GetPosition', {}, headers);
    return objectAt(body, 'place')['state'] === 'ADMITTED';
  };
  // Now all of them have been silent for longer than the policy allows, once it says so.
  const awayAfterSeconds = 1;
  await sleep(2_000 * awayAfterSeconds);
  await isAdmitted();
  const runs = new ScriptRuns(system.redis, 'advance-line');
  await runs.start();
  const startMs = performance.now();
  const policy = { concertId, mode: 'OPEN', awayAfter: { seconds: awayAfterSeconds } };
  await system.operate('QueueService.UpdateAdmissionPolicy', policy);
  await until('the fan is admitted', isAdmitted);
  const tookMs = performance.now() - startMs;
  const longestMs = Math.max(0, ...(await runs.takenMs()));
  const label = `${ghosts.toLocaleString('en')} silent ones before one fan`;
  report.row(label, { 'until the fan is in, ms': tookMs, 'longest script run, ms': longestMs });
  report.goal(`${label}: until the fan is in`, tookMs, '< 1,000', 'ms', tookMs < 1_000);
  report.goal(`${label}: longest script run`, longestMs, MAX_SCRIPT_MS, 'ms', longestMs <= MAX_SCRIPT_MS);
}

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + GIVE_UP_MS;
  while (!(await isTrue())) {
    if (performance.now() > endMs) throw new Error(`waited ${GIVE_UP_MS} ms in vain until ${what}`);
    await sleep(POLL_MS);
  }
}
