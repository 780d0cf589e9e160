import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { BenchReport } from './report.ts';

/** Whether this machine says what a process uses; where it does not, the report says that the benchmark is left out. */
export function tellsOfProcesses(report: BenchReport): boolean {
  if (existsSync('/proc/self/schedstat')) return true;
  report.line('left out: what a process uses is read from /proc, which only Linux has');
  return false;
}

/** Linux counts the time of all cores in these, on every machine. */
const TICK_MS = 10;
/** After user, nice, system, idle, iowait, irq and softirq. */
const STOLEN_AT = 7;

/** For how long a core of this machine was ready to run something, and its host ran others instead, since it was started. */
export function stolenMs(): number {
  const [, ...ticks] = (/^cpu .*$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[0] ?? '').split(/ +/);
  return Number(ticks[STOLEN_AT]) * TICK_MS;
}

/**
 * How long all threads of a process have run on a CPU, in user code and in the kernel, microseconds. What is running just now
 * is counted when it stops.
 *
 * @throws Error where there is no /proc, or it does not say
 */
export function cpuTimeUs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const spentNs = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return spentNs.reduce((sum, each) => sum + each, 0) / 1_000;
}
