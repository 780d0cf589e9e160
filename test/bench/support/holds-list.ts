import type { BenchReport } from './report.ts';
import { cpuTimeUs } from './cpu-time.ts';
import { numbersFrom, openHall, sellSeats, type HallOnSale } from './holds-hall.ts';
import type { HoldsSystem } from './holds-system.ts';
import { quantile } from './statistics.ts';

const SIZES = [50, 50_000] as const;
const VIEWS = ['FULL', 'STATES'] as const;
const MAX_STATES_BYTES = 1_000_000;

/** Measures ListSeats as JSON through Envoy: a small hall and the greatest one, while they fill. */
export async function measureListing(system: HoldsSystem, report: BenchReport): Promise<void> {
  for (const seats of SIZES) {
    const hall = await openHall(system, seats, 1);
    await measureViews(system, hall, 'empty', report);
    // Every second one: nothing stands together that a list could make short.
    await sellSeats(system, hall, numbersFrom(1, seats, 2));
    await measureViews(system, hall, 'half sold', report);
    await sellSeats(system, hall, numbersFrom(2, seats, 2));
    await measureViews(system, hall, 'sold out', report);
  }
}

async function measureViews(system: HoldsSystem, hall: HallOnSale, filled: string, report: BenchReport): Promise<void> {
  for (const view of VIEWS) {
    const isHeavy = view === 'FULL' && hall.seats > 1_000;
    const calls = report.isQuick ? 3 : isHeavy ? 40 : 200;
    const label = `ListSeats ${view}, ${hall.seats.toLocaleString('en')} seats, ${filled}`;
    const { latenciesMs, bytes, cpuUs } = await listAgain(system, hall, view, calls);
    report.row(label, {
      'p50 ms': quantile(latenciesMs, 0.5),
      'p99 ms': quantile(latenciesMs, 0.99),
      'JSON bytes': bytes,
      'server µs': Math.round(cpuUs),
    });
    if (view !== 'STATES' || hall.seats <= 1_000) continue;
    report.goal(
      `${label}: JSON`,
      bytes,
      `< ${MAX_STATES_BYTES.toLocaleString('en')}`,
      'bytes',
      bytes < MAX_STATES_BYTES,
    );
  }
}

async function listAgain(system: HoldsSystem, { performanceId, fans }: HallOnSale, view: string, calls: number) {
  const url = `${system.url}/v1/performances/${performanceId}/seats?view=${view}`;
  const headers = { 'queue-token': fans[0]?.token ?? '' };
  const list = async (): Promise<number> => {
    const response = await fetch(url, { headers });
    const { byteLength } = await response.arrayBuffer();
    if (!response.ok) throw new Error(`ListSeats came to ${response.status}`);
    return byteLength;
  };
  const bytes = await list();
  const latenciesMs: number[] = [];
  const fromUs = cpuTimeUs(system.server.pid);
  for (let call = 0; call < calls; call += 1) {
    const startMs = performance.now();
    await list();
    latenciesMs.push(performance.now() - startMs);
  }
  return { latenciesMs, bytes, cpuUs: (cpuTimeUs(system.server.pid) - fromUs) / calls };
}
