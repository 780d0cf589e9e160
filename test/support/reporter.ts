import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

/** What a tier's run came to; written for scripts/test.ts. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
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
  override done(failures: number, finish?: (failures: number) => void): void {
    const { passes: passed, failures: failed, pending: skipped } = this.stats;
    writeCounts({ passed, failed, skipped, leaked: [] });
    finish?.(failures);
    setTimeout(() => {
      const leaked = process.getActiveResourcesInfo().filter((name) => !/^(TTYWrap|PipeWrap)$/.test(name));
      writeCounts({ passed, failed, skipped, leaked: leaked.length > 0 ? leaked : ['unknown'] });
      console.error(`\nStill open ${leakTimeoutMs} ms after the last test: ${leaked.join(', ') || 'unknown'}`);
      // Mocha sets the exit code in an exit handler of its own, which was registered by finish().
      process.on('exit', () => (process.exitCode = 1));
      process.exit(1);
    }, leakTimeoutMs).unref();
  }
}

function writeCounts(counts: Counts): void {
  const file = process.env['TEST_COUNTS_FILE'];
  if (file) writeFileSync(file, JSON.stringify(counts));
}
