import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { tellsOfProcesses } from './support/cpu-time.ts';
import { measureCpu } from './support/line-cpu.ts';
import { measureBurst, measureGhosts } from './support/line-doors.ts';
import { measureLatency } from './support/line-latency.ts';
import { startLineSystem, type LineSystem } from './support/line-system.ts';
import { fillLine, type FilledLine } from './support/line-waiters.ts';
import type { BenchReport } from './support/report.ts';

const MAX_BYTES_PER_WAITER = 300;

/**
 * A line of a million: what the calls of waiters cost there by what they cost in a short line, how much memory a waiter
 * takes, and how fast the doors are.
 */
export async function run(report: BenchReport): Promise<void> {
  if (!tellsOfProcesses(report)) return;
  report.line('starting one server and its stores');
  const system = await startLineSystem();
  try {
    const lines: FilledLine[] = [];
    for (const waiters of report.isQuick ? [1_000, 5_000, 20_000] : [1_000, 100_000, 1_000_000]) {
      lines.push(await fill(system, waiters, report));
    }
    const longest = lines.at(-1);
    if (!longest) throw new Error('no line was filled');
    await measureLatency(system, lines, report);
    await measureCpu(system, longest, report);
    await measureBurst(system, longest, report);
    await measureGhosts(system, report);
  } finally {
    await system.stop();
  }
}

/** Fills a line, and reports what that cost where the line is long enough to tell. */
async function fill(system: LineSystem, waiters: number, report: BenchReport): Promise<FilledLine> {
  const beforeBytes = await usedBytes(system.redis);
  const startMs = performance.now();
  const line = await fillLine(system, waiters);
  const seconds = (performance.now() - startMs) / 1_000;
  const bytes = ((await usedBytes(system.redis)) - beforeBytes) / waiters;
  const count = waiters.toLocaleString('en');
  report.line(`${count} joined in ${seconds.toFixed(1)} s`);
  if (waiters < 20_000) return line;
  report.row(`${count} waiting`, { 'bytes of Redis memory per waiter': bytes, 'joins per second': waiters / seconds });
  const isMet = bytes <= MAX_BYTES_PER_WAITER;
  report.goal(`Memory per waiter, ${count} waiting`, bytes, MAX_BYTES_PER_WAITER, 'bytes', isMet);
  return line;
}

/** What Redis has in use once it has done what it does behind: a rewrite of its file keeps buffers. */
async function usedBytes(redis: Redis): Promise<number> {
  for (;;) {
    const info = await redis.info();
    const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1]);
    if (field('aof_rewrite_in_progress') + field('aof_rewrite_scheduled') === 0) return field('used_memory');
    await sleep(200);
  }
}
