import { tellsOfProcesses } from './support/cpu-time.ts';
import { openHolders, type Holders } from './support/holds-calls.ts';
import { measureHoldCpu } from './support/holds-cpu.ts';
import { HALL_SIZES } from './support/holds-hall.ts';
import { measureHeavySteps } from './support/holds-heavy.ts';
import { measureHoldLatency } from './support/holds-latency.ts';
import { measureListing } from './support/holds-list.ts';
import { measureOneSeat } from './support/holds-one-seat.ts';
import { LongestRuns } from './support/holds-scripts.ts';
import { startHoldsSystem } from './support/holds-system.ts';
import { measureSeatWatch } from './support/holds-watch.ts';
import type { BenchReport } from './support/report.ts';

/** Seats are held, read and watched, in halls of fifty seats to fifty thousand. */
export async function run(report: BenchReport): Promise<void> {
  if (!tellsOfProcesses(report)) return;
  const system = await startHoldsSystem();
  const longest = new LongestRuns(system, report);
  try {
    const holders: Holders[] = [];
    for (const seats of HALL_SIZES) holders.push(await openHolders(system, seats, report.isQuick ? 50 : 500));
    await longest.during(() => measureHoldLatency(system, holders, report));
    await longest.during(() => measureHoldCpu(system, holders, report));
    await longest.during(() => measureListing(system, report));
    await longest.during(() => measureOneSeat(system, report));
    await longest.during(() => measureSeatWatch(system, report));
    await measureHeavySteps(system, report, (runs) => longest.note(runs));
    longest.tell();
  } finally {
    await system.stop();
  }
}
