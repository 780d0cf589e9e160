import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { BenchReport } from './report.ts';

/** Whether this machine says what a process uses; where it does not, the report says that the benchmark is left out. */
export function tellsOfProcesses(report: BenchReport): boolean {
  if (existsSync('/proc/self/schedstat')) return true;
  report.line('left out: what a process uses is read from /proc, which only Linux has');
  return false;
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
