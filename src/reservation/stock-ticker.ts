import type { PerformanceView } from '../catalog/index.ts';
import { OpenLineTask, type OpenLineTaskOptions } from '../queue/index.ts';
import type { Clock } from '../shared/clock.ts';
import type { LiveSeats } from './live-seats.ts';
import type { SeatMapStore } from './seat-map.store.ts';

/** What keeping the stock stands on. */
export interface StockTickerDeps extends OpenLineTaskOptions {
  readonly seatMaps: Pick<SeatMapStore, 'publishStock'>;
  readonly liveSeats: Pick<LiveSeats, 'takenSeats'>;
  /** Takes a line off the list of those that instances look after. */
  readonly closeLine: (concertId: string) => Promise<void>;
  /** How long after the start of its last performance a line is taken off the list, milliseconds. */
  readonly closeAfterMs: number;
  readonly performancesOf: (concertId: string) => Promise<readonly PerformanceView[]>;
  readonly clock: Clock;
}

/**
 * Keeps the count of free seats in every open line, for its places to show and its doors to look at. Every instance does
 * it: the count is made anew each time, so nothing drifts and nobody has to lead. Holds that expire enter it without
 * anyone saying so.
 */
export class StockTicker extends OpenLineTask {
  readonly #deps: StockTickerDeps;

  constructor(deps: StockTickerDeps) {
    super(deps);
    this.#deps = deps;
  }

  protected override async tend(concertId: string): Promise<void> {
    await this.publish(concertId);
  }

  /** Counts the free seats of one concert. */
  async publish(concertId: string): Promise<void> {
    const { seatMaps, liveSeats, clock } = this.#deps;
    const performances = await this.#deps.performancesOf(concertId);
    const onSale = performances.filter(
      ({ startsAt, canceledAt }) => canceledAt === undefined && startsAt.getTime() > clock.nowMs(),
    );
    if (onSale.length === 0) return this.#soldOff(concertId, performances);
    const ids = onSale.map((performance) => performance.performanceId);
    // Counting loads what Redis does not have; without it, sold seats that Redis lost would count as free. Also those
    // that have begun: what a user owns there counts towards the seats that one may have.
    await liveSeats.takenSeats(
      concertId,
      performances.map((performance) => performance.performanceId),
    );
    const seatCount = onSale.reduce((sum, performance) => sum + performance.seatCount, 0);
    await seatMaps.publishStock(concertId, ids, seatCount);
  }

  /** Shuts the doors of a concert whose last performance has begun, and after a while takes its line off the list. */
  async #soldOff(concertId: string, performances: readonly PerformanceView[]): Promise<void> {
    const ids = performances.map((performance) => performance.performanceId);
    await this.#deps.seatMaps.publishStock(concertId, ids, 0);
    const lastStartMs = Math.max(...performances.map((performance) => performance.startsAt.getTime()));
    if (this.#deps.clock.nowMs() - lastStartMs > this.#deps.closeAfterMs) await this.#deps.closeLine(concertId);
  }
}
