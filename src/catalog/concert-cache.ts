import type { EntityManager } from '@mikro-orm/core';
import { LRUCache } from 'lru-cache';
import { concertView } from './concert-view.ts';
import type { ConcertView, SeatLists } from './concert-view.ts';
import { Concert } from './concert.entity.ts';
import type { Seat } from './layout.ts';
import { Performance } from './performance.entity.ts';

const MAX_CONCERTS = 1_000;
const MAX_PERFORMANCES = 100_000;
// A seat takes about a hundred bytes.
const MAX_CACHED_SEATS = 1_000_000;

/**
 * Concerts as they are looked up by every other call: a concert never changes once it is created, so one that was seen
 * needs no store. What was not found is asked for again, since it may be created at any moment.
 */
export class ConcertCache {
  readonly #em: EntityManager;
  readonly #concerts = new LRUCache<string, ConcertView>({ max: MAX_CONCERTS });
  readonly #concertIds = new LRUCache<string, string>({ max: MAX_PERFORMANCES });
  readonly #seats = new LRUCache<string, readonly Seat[]>({
    maxSize: MAX_CACHED_SEATS,
    sizeCalculation: (seats) => seats.length,
  });
  readonly #running = new Map<string, Promise<unknown>>();

  /** @param em the ORM's own entity manager: each read forks it */
  constructor(em: EntityManager) {
    this.#em = em;
  }

  /** Where the views keep their seats. */
  readonly seatLists: SeatLists = (performanceId, expand) => {
    const known = this.#seats.get(performanceId);
    if (known !== undefined) return known;
    const seats = expand();
    this.#seats.set(performanceId, seats);
    return seats;
  };

  /** The concert, or undefined where there is none. */
  async concert(concertId: string): Promise<ConcertView | undefined> {
    const [concert] = await this.concerts([concertId]);
    return concert;
  }

  /** The concerts that there are, in the order of their ids. */
  async concerts(concertIds: readonly string[]): Promise<ConcertView[]> {
    const found = new Map(concertIds.map((id) => [id, this.#concerts.get(id)]));
    const missing = concertIds.filter((id) => found.get(id) === undefined);
    if (missing.length > 0) {
      const loaded = await this.#shared(missing.join(), () => this.#load(this.#em.fork(), missing));
      for (const concert of loaded) found.set(concert.concertId, concert);
    }
    return [...found.values()].filter((concert) => concert !== undefined);
  }

  /** The concert of a performance, or undefined where there is no such performance. */
  async concertOf(performanceId: string): Promise<ConcertView | undefined> {
    const concertId = this.#concertIds.get(performanceId) ?? (await this.#findConcertId(performanceId));
    return concertId === undefined ? undefined : await this.concert(concertId);
  }

  /**
   * Reads a concert that exists from the store.
   *
   * @param em the entity manager of the caller's transaction: no second connection is taken
   */
  async read(em: EntityManager, concertId: string): Promise<ConcertView> {
    const [concert] = await this.#load(em, [concertId]);
    if (concert === undefined) throw new Error(`concert ${concertId} is gone`);
    return concert;
  }

  async #load(em: EntityManager, concertIds: readonly string[]): Promise<ConcertView[]> {
    const concerts = await em.find(Concert, { id: { $in: [...concertIds] } });
    const performances = await em.find(Performance, { concertId: { $in: concerts.map((concert) => concert.id) } });
    const byConcert = Map.groupBy(performances, (performance) => performance.concertId);
    return concerts.map((concert) => {
      const view = concertView(concert, byConcert.get(concert.id) ?? [], this.seatLists);
      this.#concerts.set(concert.id, view);
      for (const { performanceId } of view.performances) this.#concertIds.set(performanceId, concert.id);
      return view;
    });
  }

  async #findConcertId(performanceId: string): Promise<string | undefined> {
    const performance = await this.#shared(performanceId, () =>
      this.#em.fork().findOne(Performance, { id: performanceId }, { fields: ['concertId'] }),
    );
    return performance?.concertId;
  }

  /** Lets everybody who asks for the same thing at the same time wait for one read. */
  #shared<T>(key: string, read: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key) as Promise<T> | undefined;
    if (running !== undefined) return running;
    const started = read().finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }
}
