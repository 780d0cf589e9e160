import type { SeatAvailability, SeatMap } from '../catalog/index.ts';
import type { SeatMapStore, SoldSeat } from './seat-map.store.ts';

type SeatMaps = Pick<SeatMapStore, 'read' | 'countTaken' | 'load'>;

/** Where the sold seats come from when Redis does not have them; the payment domain implements it. */
export interface SoldSeatSource {
  /** The seats of a performance that have a valid ticket. */
  soldSeats(performanceId: string): Promise<readonly SoldSeat[]>;
}

/**
 * The live seat state of performances. A performance that Redis does not have, because it is new or because Redis lost
 * it, is loaded from Postgres before the first answer: a sold seat is never shown or held as a free one.
 */
export class LiveSeats implements SeatAvailability {
  readonly #store: SeatMaps;
  readonly #source: SoldSeatSource;
  readonly #loading = new Map<string, Promise<void>>();

  constructor(store: SeatMaps, source: SoldSeatSource) {
    this.#store = store;
    this.#source = source;
  }

  /** Reads the live state of all seats of a performance at one moment. */
  async seatMap(concertId: string, performanceId: string): Promise<SeatMap> {
    return this.#loaded(concertId, performanceId, () => this.#store.read(concertId, performanceId));
  }

  /** Counts the seats that are held or sold, by performance. */
  async takenSeats(concertId: string, performanceIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counts = await Promise.all(
      performanceIds.map((performanceId) =>
        this.#loaded(concertId, performanceId, () => this.#store.countTaken(concertId, performanceId)),
      ),
    );
    return new Map(performanceIds.map((performanceId, index) => [performanceId, counts[index] ?? 0]));
  }

  /** Makes sure that Redis has a performance; one loading at a time and instance. */
  async load(concertId: string, performanceId: string): Promise<void> {
    const running = this.#loading.get(performanceId);
    if (running) return running;
    const loading = this.#load(concertId, performanceId).finally(() => this.#loading.delete(performanceId));
    this.#loading.set(performanceId, loading);
    return loading;
  }

  async #load(concertId: string, performanceId: string): Promise<void> {
    await this.#store.load(concertId, performanceId, await this.#source.soldSeats(performanceId));
  }

  async #loaded<T>(concertId: string, performanceId: string, read: () => Promise<T | undefined>): Promise<T> {
    const first = await read();
    if (first !== undefined) return first;
    await this.load(concertId, performanceId);
    const second = await read();
    if (second === undefined) throw new Error('the seat map is missing right after it was loaded');
    return second;
  }
}
