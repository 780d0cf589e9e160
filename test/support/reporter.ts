import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

/** What a tier's run came to; written for scripts/test.ts. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** The failed tests by title, each with its error, so that the end of a long output says what failed. */
  failures: string[];
  /** What kept the process alive after the last test. */
  leaked: string[];
}

const leakTimeoutMs = 5_000;

/**
 * Mocha's spec reporter that also writes the counts to the file named by TEST_COUNTS_FILE, and fails a run that leaves
 * something open: a process that does not end by itself has forgotten a socket, a timer or a child.
 */
export default class CountingReporter extends Mocha.reporters.Spec {
  /** Called by mocha after the last test and the global teardown. */
  override done(count: number, finish?: (failures: number) => void): void {
    const { passes: passed, failures: failed, pending: skipped } = this.stats;
    const failures = this.failures.map((test) => `${test.fullTitle()}\n${errorOf(test)}`);
    writeCounts({ passed, failed, skipped, failures, leaked: [] });
    finish?.(count);
    setTimeout(() => {
      const leaked = process.getActiveResourcesInfo().filter((name) => !/^(TTYWrap|PipeWrap)$/.test(name));
      writeCounts({ passed, failed, skipped, failures, leaked: leaked.length > 0 ? leaked : ['unknown'] });
      console.error(`\nStill open ${leakTimeoutMs} ms after the last test: ${leaked.join(', ') || 'unknown'}`);
      // Mocha sets the exit code in an exit handler of its own, which was registered by finish().
      process.on('exit', () => (process.exitCode = 1));
      process.exit(1);
    }, leakTimeoutMs).unref();
  }
}

/** The error of a failed test: its message and where it was thrown, no more than a screen tells at a glance. */
function errorOf({ err }: Mocha.Test): string {
  const lines = (err?.stack ?? err?.message ?? 'no error was given').split('\n');
  return lines.slice(0, 15).join('\n');
}

function writeCounts(counts: Counts): void {
  const file = process.env['TEST_COUNTS_FILE'];
  if (file) writeFileSync(file, JSON.stringify(counts));
}
