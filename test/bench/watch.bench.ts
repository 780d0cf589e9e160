import { tellsOfProcesses } from './support/cpu-time.ts';
import type { BenchReport } from './support/report.ts';
import { leavingWatchers } from './support/watch-leaving.ts';
import { manyWatchers } from './support/watch-many.ts';
import { startWatchSystem } from './support/watch-sale.ts';

const FULL = {
  many: { streams: 50_000, connections: 200, runSeconds: 40, seats: 30_000 },
  leaving: { watchers: 5_000, calmSeconds: 8 },
};
const QUICK = {
  many: { streams: 2_000, connections: 8, runSeconds: 4, seats: 5_000 },
  leaving: { watchers: 500, calmSeconds: 1 },
};

/**
 * People watch their places. `--quick`, or BENCH_QUICK=1, is a small run that shows that the bench works, not what the
 * server can do.
 */
export async function run(report: BenchReport): Promise<void> {
  if (!tellsOfProcesses(report)) return;
  const isQuick = process.env['BENCH_QUICK'] === '1' || process.argv.includes('--quick');
  const { many, leaving } = isQuick ? QUICK : FULL;
  const system = await startWatchSystem();
  try {
    // In this order: the server has then nothing to clear away that would show in the answers of the other part.
    await leavingWatchers(report, system, leaving);
    await manyWatchers(report, system, many);
  } finally {
    await system.stop();
  }
}
