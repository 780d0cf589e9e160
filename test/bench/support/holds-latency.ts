import { holdLoad, releaseAll, type Holders } from './holds-calls.ts';
import type { HoldsSystem } from './holds-system.ts';
import type { BenchReport } from './report.ts';
import { quantile, withSpread } from './statistics.ts';

/** Enough to keep a server at work, too few for calls to wait for each other most of the time. */
const CONCURRENCY = 8;

/** Measures HoldSeats at each size of the hall. Every round visits all, so that a disturbance disturbs them alike. */
export async function measureHoldLatency(system: HoldsSystem, all: readonly Holders[], report: BenchReport) {
  const rounds = report.isQuick ? 2 : 9;
  for (const kind of ['explicit', 'best'] as const) {
    const samples = all.map((): { p50: number; p99: number }[] => []);
    for (let round = 0; round < rounds; round += 1) {
      for (const [index, holders] of all.entries()) {
        const load = holdLoad(holders, kind, CONCURRENCY);
        const held = await system.client.run({ ...load, port: system.server.grpcPort });
        samples[index]?.push({ p50: quantile(held.latenciesMs, 0.5), p99: quantile(held.latenciesMs, 0.99) });
        await releaseAll(system, holders, held);
      }
    }
    for (const [index, { seats }] of all.entries()) {
      report.row(`HoldSeats, ${kind}, ${seats.toLocaleString('en')} seats`, {
        'p50 ms': withSpread((samples[index] ?? []).map(({ p50 }) => p50)),
        'p99 ms': withSpread((samples[index] ?? []).map(({ p99 }) => p99)),
      });
    }
  }
}
