import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../e2e/support/door.ts';
import { percentile } from './watch-process.ts';

/** What calls at a steady pace came to. */
export interface ProbeResult {
  /** Sorted. */
  readonly latenciesMs: Float64Array;
  readonly failed: number;
  /** Why, each once. */
  readonly reasons: readonly string[];
}

/** Calls that go on until they are stopped. */
export interface Probe {
  /** What came of the calls since the last time that this was asked. */
  take(): ProbeResult;
  stop(): Promise<void>;
}

/**
 * Calls again and again: how long an answer takes tells how long the server's loop and what is before it are busy.
 *
 * @param call to make
 * @param callers that call side by side
 * @param intervalMs from an answer to the next call
 */
export function startProbe(call: () => Promise<Answer>, callers: number, intervalMs: number): Probe {
  let latenciesMs: number[] = [];
  let failed = 0;
  let reasons = new Set<string>();
  let stopped = false;
  const callOn = async (): Promise<void> => {
    while (!stopped) {
      const fromMs = performance.now();
      const refusal = await call().then(refusalOf, String);
      latenciesMs.push(Math.round((performance.now() - fromMs) * 10) / 10);
      if (refusal !== undefined) {
        failed += 1;
        reasons.add(refusal);
      }
      await sleep(intervalMs);
    }
  };
  const running = Promise.all(Array.from({ length: callers }, callOn));
  return {
    take() {
      const result = { latenciesMs: Float64Array.from(latenciesMs).sort(), failed, reasons: [...reasons] };
      latenciesMs = [];
      failed = 0;
      reasons = new Set();
      return result;
    },
    async stop() {
      stopped = true;
      await running;
    },
  };
}

/** The figures of a row. */
export function probeFigures({ latenciesMs, failed, reasons }: ProbeResult): Record<string, string | number> {
  return {
    'p50 ms': percentile(latenciesMs, 0.5),
    'p99 ms': percentile(latenciesMs, 0.99),
    'max ms': percentile(latenciesMs, 1),
    calls: latenciesMs.length,
    failed: failed === 0 ? 0 : `${failed} (${reasons.join(', ')})`,
  };
}

function refusalOf({ code, http = 200, reason, message }: Answer): string | undefined {
  return code === 0 && http === 200 ? undefined : (reason ?? `${http} ${code} ${message}`);
}
