import { readdirSync, readFileSync } from 'node:fs';

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
