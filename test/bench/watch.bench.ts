import { existsSync } from 'node:fs';
import type { BenchReport } from './support/report.ts';
import { leavingWatchers } from './support/watch-leaving.ts';
import { manyWatchers } from './support/watch-many.ts';

const FULL = {
  many: { streams: 50_000, connections: 200, runSeconds: 40, seats: 30_000 },
  leaving: { watchers: 5_000, calmSeconds: 8 },
};
const QUICK = {
  many: { streams: 2_000, connections: 8, runSeconds: 5, seats: 5_000 },
  leaving: { watchers: 500, calmSeconds: 2 },
};

/**
 * People watch their places. `--quick`, or BENCH_QUICK=1, is a small run that shows that the bench works, not what the
 * server can do.
 */
export async function run(report: BenchReport): Promise<void> {
  if (!existsSync('/proc/self/stat')) {
    report.line('left out: what a process uses is read from /proc, which only Linux has');
    return;
  }
  const isQuick = process.env['BENCH_QUICK'] === '1' || process.argv.includes('--quick');
  const { many, leaving } = isQuick ? QUICK : FULL;
  await manyWatchers(report, many);
  await leavingWatchers(report, leaving);
}
