import { readdirSync, readFileSync } from 'node:fs';

// What sysconf(_SC_CLK_TCK) says on every Linux that Node runs on.
const TICKS_PER_SECOND = 100;

/**
 * How long all threads of a process have run on a CPU, in user code and in the kernel, in steps of 10 ms.
 *
 * @throws Error where there is no /proc
 */
export function cpuTimeMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name may hold blanks; what follows its bracket begins with field 3. utime is field 14, stime field 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (Number.isNaN(ticks)) throw new Error(`/proc/${pid}/stat is not understood`);
  return (ticks * 1_000) / TICKS_PER_SECOND;
}

/**
 * The same to the microsecond, for work that is over in a few steps of the other: what is running just now is counted when
 * it stops.
 *
 * @throws Error where there is no /proc, or it does not say
 */
export function fineCpuTimeUs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const spentNs = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return spentNs.reduce((sum, each) => sum + each, 0) / 1_000;
}
