import type { HoldsSystem } from './holds-system.ts';
import type { BenchReport } from './report.ts';
import { ScriptRuns, type ScriptRun } from './script-runs.ts';
import { StolenTime } from './stolen-time.ts';
import { ProcessMeter } from './watch-process.ts';

const NOTED_FROM_MS = 1;
const MAX_MS = 10;

/** The longest runs of all scripts, through everything that is measured. */
export class LongestRuns {
  readonly #system: HoldsSystem;
  readonly #report: BenchReport;
  readonly #meter: ProcessMeter;
  readonly #stolen = new StolenTime();
  readonly #runs = new Map<string, ScriptRun[]>();

  constructor(system: HoldsSystem, report: BenchReport) {
    this.#system = system;
    this.#report = report;
    this.#meter = new ProcessMeter(system.redisPid);
  }

  /** Notes the runs of one part. */
  async during(part: () => Promise<void>): Promise<void> {
    const runs = new ScriptRuns(this.#system.redis, '*', NOTED_FROM_MS * 1_000);
    await runs.start();
    await part();
    this.note(await runs.byScript());
  }

  /** Takes runs that were noted elsewhere. */
  note(runs: ReadonlyMap<string, readonly ScriptRun[]>): void {
    for (const [name, noted] of runs) {
      const long = noted.filter(({ tookMs }) => tookMs >= NOTED_FROM_MS);
      this.#runs.set(name, [...(this.#runs.get(name) ?? []), ...long]);
    }
  }

  /**
   * Reports the longest run of each script, apart from those of seconds in which the host took a core from this machine: a run
   * is timed by the clock, and what it waits is part of it.
   */
  tell(): void {
    const longestOf = (runs: readonly ScriptRun[], touched: boolean) => {
      const those = runs.filter(({ endedAtS }) => this.#stolen.touches(endedAtS) === touched);
      return Math.max(0, ...those.map(({ tookMs }) => tookMs));
    };
    const all = [...this.#runs]
      .map(([name, runs]) => ({
        name,
        count: runs.length,
        wholeMs: longestOf(runs, false),
        cutMs: longestOf(runs, true),
      }))
      .toSorted((a, b) => b.wholeMs - a.wholeMs);
    for (const { name, count, wholeMs, cutMs } of all) {
      const figures = { 'longest run, ms': wholeMs, 'while the host took a core, ms': cutMs };
      this.#report.row(name, { ...figures, 'runs of 1 ms and more': count });
    }
    this.#report.row('Redis, all the time', {
      'runs first': this.#system.redisRunsFirst ? 'yes' : 'no',
      'CPU %': this.#meter.cpu().percent,
      'without a core %': this.#meter.starvedPercent(),
      'taken by the host, ms': this.#stolen.totalMs,
    });
    const longestMs = all[0]?.wholeMs ?? 0;
    this.#report.goal('Longest run of any script', longestMs, MAX_MS, 'ms', longestMs <= MAX_MS);
  }
}
