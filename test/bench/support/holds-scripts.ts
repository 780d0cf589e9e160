import type { HoldsSystem } from './holds-system.ts';
import type { BenchReport } from './report.ts';
import { ScriptRuns } from './script-runs.ts';
import { ProcessMeter } from './watch-process.ts';

const NOTED_FROM_US = 1_000;
const MAX_MS = 10;

/** The longest runs of all scripts, through everything that is measured. */
export class LongestRuns {
  readonly #system: HoldsSystem;
  readonly #report: BenchReport;
  readonly #meter: ProcessMeter;
  readonly #longestMs = new Map<string, number>();
  readonly #runs = new Map<string, number>();

  constructor(system: HoldsSystem, report: BenchReport) {
    this.#system = system;
    this.#report = report;
    this.#meter = new ProcessMeter(system.redisPid);
  }

  /** Notes the runs of one part. */
  async during(part: () => Promise<void>): Promise<void> {
    const runs = new ScriptRuns(this.#system.redis, '*', NOTED_FROM_US);
    await runs.start();
    await part();
    this.note(await runs.byScript());
  }

  /** Takes runs that were noted elsewhere. */
  note(runs: ReadonlyMap<string, readonly number[]>): void {
    for (const [name, takenMs] of runs) {
      const long = takenMs.filter((each) => each >= NOTED_FROM_US / 1_000);
      if (long.length === 0) continue;
      this.#longestMs.set(name, Math.max(this.#longestMs.get(name) ?? 0, ...long));
      this.#runs.set(name, (this.#runs.get(name) ?? 0) + long.length);
    }
  }

  /** Reports the longest run of each script. */
  tell(): void {
    const all = [...this.#longestMs].toSorted(([, a], [, b]) => b - a);
    for (const [name, longestMs] of all) {
      this.#report.row(name, { 'longest run, ms': longestMs, 'runs of 1 ms and more': this.#runs.get(name) ?? 0 });
    }
    // A run is timed by the clock: what it waits for a core is part of it.
    this.#report.row('Redis, all the time', {
      'runs first': this.#system.redisRunsFirst ? 'yes' : 'no',
      'CPU %': this.#meter.cpu().percent,
      'without a core %': this.#meter.starvedPercent(),
    });
    const longestMs = all[0]?.[1] ?? 0;
    this.#report.goal('Longest run of any script', longestMs, MAX_MS, 'ms', longestMs <= MAX_MS);
  }
}
