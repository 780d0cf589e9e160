import type { PerformanceView, SeatAvailability, SeatMap } from '../catalog/index.ts';
import { storeUnavailable } from '../shared/domain-error.ts';
import type { NewId } from '../shared/ids.ts';
import { hallOf } from './hall.ts';
import type { Rebuilding, SeatMapRebuildStore, SoldSeat } from './seat-map-rebuild.store.ts';
import type { SeatMapStore } from './seat-map.store.ts';

/** Where the sold seats come from when Redis does not have them; the payment domain implements it. */
export interface SoldSeatSource {
  /** The seats of a performance that have a valid ticket. */
  soldSeats(performanceId: string): Promise<readonly SoldSeat[]>;
  /** The seats of a performance whose tickets were refunded, each as often as that happened. */
  refundedSeats(performanceId: string): Promise<readonly SoldSeat[]>;
  /** Whether a performance was canceled. */
  isCanceled(performanceId: string): Promise<boolean>;
}

/** What the live seat state stands on. */
export interface LiveSeatsDeps {
  readonly store: Pick<SeatMapStore, 'read' | 'countTaken'>;
  readonly rebuild: Pick<SeatMapRebuildStore, 'begin' | 'rebuild' | 'finish'>;
  readonly source: SoldSeatSource;
  readonly findPerformance: (performanceId: string) => Promise<PerformanceView>;
  readonly newId: NewId;
  readonly delay: (ms: number) => Promise<void>;
}

/** For how long a caller waits for another instance that rebuilds the map, and how often it looks. */
const WAIT_MS = 4_000;
const LOOK_MS = 50;

/**
 * The live seat state of performances. A performance that Redis does not have, because it is new or because Redis lost it
 * or its last second, is rebuilt from Postgres before the first answer, by one instance at a time: a sold seat is never
 * shown or held as a free one, and who cannot wait that long is told to come back.
 */
export class LiveSeats implements SeatAvailability {
  readonly #deps: LiveSeatsDeps;
  readonly #loading = new Map<string, Promise<void>>();

  constructor(deps: LiveSeatsDeps) {
    this.#deps = deps;
  }

  /** Reads the live state of all seats of a performance at one moment. */
  async seatMap(concertId: string, performanceId: string): Promise<SeatMap> {
    return this.#loaded(concertId, performanceId, () => this.#deps.store.read(concertId, performanceId));
  }

  /** Counts the seats that are held or sold, by performance. */
  async takenSeats(concertId: string, performanceIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counts = await Promise.all(
      performanceIds.map((performanceId) =>
        this.#loaded(concertId, performanceId, () => this.#deps.store.countTaken(concertId, performanceId)),
      ),
    );
    return new Map(performanceIds.map((performanceId, index) => [performanceId, counts[index]?.taken ?? 0]));
  }

  /** The version of the map now; what ran out has entered it. */
  async version(concertId: string, performanceId: string): Promise<bigint> {
    const count = () => this.#deps.store.countTaken(concertId, performanceId);
    return (await this.#loaded(concertId, performanceId, count)).version;
  }

  /**
   * Makes sure that Redis has a performance.
   *
   * @throws STORE_UNAVAILABLE where another instance rebuilds it and takes too long
   */
  async load(concertId: string, performanceId: string): Promise<void> {
    return this.#shared(performanceId, () => this.#load(concertId, performanceId, false));
  }

  /**
   * Makes a performance anew from what Postgres says, for where the two are known to differ.
   *
   * @throws STORE_UNAVAILABLE where another instance rebuilds it and takes too long
   */
  async reload(concertId: string, performanceId: string): Promise<void> {
    return this.#shared(`${performanceId} anew`, () => this.#load(concertId, performanceId, true));
  }

  /** One loading of a kind at a time and instance. */
  #shared(what: string, load: () => Promise<void>): Promise<void> {
    const running = this.#loading.get(what);
    if (running) return running;
    const loading = load().finally(() => this.#loading.delete(what));
    this.#loading.set(what, loading);
    return loading;
  }

  async #load(concertId: string, performanceId: string, anew: boolean): Promise<void> {
    const { rebuild, newId, delay, findPerformance } = this.#deps;
    const hall = hallOf(await findPerformance(performanceId));
    const rebuilding = { concertId, performanceId, rebuilder: newId() };
    for (let waitedMs = 0; waitedMs <= WAIT_MS; waitedMs += LOOK_MS) {
      const begun = await rebuild.begin(rebuilding, hall, anew);
      if (begun === 'ready') return;
      if (begun === 'begun' && (await this.#rebuild(rebuilding, hall))) return;
      await delay(LOOK_MS);
    }
    throw storeUnavailable(new Error(`the map of performance ${performanceId} is being rebuilt for too long`));
  }

  /**
   * What is sold is read after the claim: a sale that settles meanwhile has committed, so it is among them. What is refunded
   * comes after it, so that no ticket that was refunded in between counts as valid alone.
   */
  async #rebuild(rebuilding: Rebuilding, hall: ReturnType<typeof hallOf>): Promise<boolean> {
    const { rebuild, source } = this.#deps;
    const sold = await source.soldSeats(rebuilding.performanceId);
    const refunded = await source.refundedSeats(rebuilding.performanceId);
    const isCanceled = await source.isCanceled(rebuilding.performanceId);
    return (await rebuild.rebuild(rebuilding, hall, sold, refunded)) && (await rebuild.finish(rebuilding, isCanceled));
  }

  async #loaded<T>(concertId: string, performanceId: string, read: () => Promise<T | undefined>): Promise<T> {
    const first = await read();
    if (first !== undefined) return first;
    await this.load(concertId, performanceId);
    const second = await read();
    if (second === undefined) throw storeUnavailable(new Error('the seat map is missing right after it was loaded'));
    return second;
  }
}
