import type { EntityManager } from '@mikro-orm/core';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../shared/clock.ts';
import type { ConcertChanges } from './concert-changes.port.ts';
import { concertView } from './concert-view.ts';
import type { ConcertView, SeatLists } from './concert-view.ts';
import { Concert } from './concert.entity.ts';
import type { Seat } from './layout.ts';
import { Performance } from './performance.entity.ts';

const MAX_CONCERTS = 1_000;
const MAX_PERFORMANCES = 100_000;
// A seat takes about a hundred bytes.
const MAX_CACHED_SEATS = 1_000_000;

/** For how long concerts are believed where no change is heard of: the word of one may be lost. */
export const BELIEVED_MS = 5_000;

/** What the cache stands on. */
export interface ConcertCacheOptions {
  /** The ORM's own entity manager: each read forks it. */
  readonly em: EntityManager;
  readonly changes: Pick<ConcertChanges, 'listen'>;
  readonly clock: Clock;
}

/**
 * Concerts as they are looked up by every other call. One that was seen needs no store until somebody says that it has
 * changed; since that word may be lost, the revisions of all are compared with the store's every few seconds. What was not
 * found is asked for again, since it may be created at any moment.
 */
export class ConcertCache {
  readonly #em: EntityManager;
  readonly #clock: Clock;
  readonly #concerts = new LRUCache<string, ConcertView>({ max: MAX_CONCERTS });
  /** A performance stays with its concert, so this needs no forgetting. */
  readonly #concertIds = new LRUCache<string, string>({ max: MAX_PERFORMANCES });
  readonly #seats = new LRUCache<string, readonly Seat[]>({
    maxSize: MAX_CACHED_SEATS,
    sizeCalculation: (seats) => seats.length,
  });
  readonly #running = new Map<string, Promise<unknown>>();
  /** Counts up with every change that is heard of: what was read before it is not kept after it. */
  #generation = 0;
  #comparedAtMs = Number.NEGATIVE_INFINITY;

  constructor({ em, changes, clock }: ConcertCacheOptions) {
    this.#em = em;
    this.#clock = clock;
    changes.listen({
      changed: (concertId) => this.forget(concertId),
      missed: () => {
        this.#concerts.clear();
        this.#startOver();
      },
    });
  }

  /** Where the views keep their seats: each revision has its own, as an old view may still be in somebody's hands. */
  readonly seatLists: SeatLists = ({ performanceId, revision }, expand) => {
    const key = `${performanceId} ${revision}`;
    const known = this.#seats.get(key);
    if (known !== undefined) return known;
    const seats = expand();
    this.#seats.set(key, seats);
    return seats;
  };

  /** Forgets a concert that has changed. */
  forget(concertId: string): void {
    this.#concerts.delete(concertId);
    this.#startOver();
  }

  /** The concert, or undefined where there is none. */
  async concert(concertId: string): Promise<ConcertView | undefined> {
    // Nearly always it is at hand, and nothing else is to be done.
    return this.#believed(concertId) ?? (await this.concerts([concertId]))[0];
  }

  /** The concert of a performance where it is at hand and believed: every hold asks for one, and waits for nothing then. */
  atHand(performanceId: string): ConcertView | undefined {
    const concertId = this.#concertIds.get(performanceId);
    return concertId === undefined ? undefined : this.#believed(concertId);
  }

  /** The concert as it was when it was last looked up here; undefined where it is not at hand. */
  lastSeen(concertId: string): ConcertView | undefined {
    return this.#concerts.get(concertId);
  }

  /** The concerts that there are, in the order of their ids. */
  async concerts(concertIds: readonly string[]): Promise<ConcertView[]> {
    if (!this.#areBelieved()) await this.#shared('revisions', () => this.#compareRevisions());
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
    const generation = this.#generation;
    // The concerts first: a change between the two reads then shows up as an older revision than the store has, and never
    // as a newer one than the performances are of.
    const concerts = await em.find(Concert, { id: { $in: [...concertIds] } });
    const performances = await em.find(Performance, { concertId: { $in: concerts.map((concert) => concert.id) } });
    const byConcert = Map.groupBy(performances, (performance) => performance.concertId);
    return concerts.map((concert) => {
      const view = concertView(concert, byConcert.get(concert.id) ?? [], this.seatLists);
      if (generation === this.#generation) this.#concerts.set(concert.id, view);
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

  #believed(concertId: string): ConcertView | undefined {
    return this.#areBelieved() ? this.#concerts.get(concertId) : undefined;
  }

  #areBelieved(): boolean {
    const ageMs = this.#clock.nowMs() - this.#comparedAtMs;
    return ageMs >= 0 && ageMs < BELIEVED_MS;
  }

  /** Drops the concerts of which the store has another revision. */
  async #compareRevisions(): Promise<void> {
    const nowMs = this.#clock.nowMs();
    const ids = [...this.#concerts.keys()];
    if (ids.length > 0) {
      const rows = await this.#em.fork().find(Concert, { id: { $in: ids } }, { fields: ['id', 'revision'] });
      const revisions = new Map(rows.map(({ id, revision }) => [id, revision]));
      for (const id of ids) {
        if (this.#concerts.peek(id)?.revision !== revisions.get(id)) this.#concerts.delete(id);
      }
    }
    this.#comparedAtMs = nowMs;
  }

  /** Has whoever asks from now on wait for no read that began before. */
  #startOver(): void {
    this.#generation += 1;
    this.#running.clear();
  }

  /** Lets everybody who asks for the same thing at the same time wait for one read. */
  #shared<T>(key: string, read: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key) as Promise<T> | undefined;
    if (running !== undefined) return running;
    const started = read().finally(() => {
      if (this.#running.get(key) === started) this.#running.delete(key);
    });
    this.#running.set(key, started);
    return started;
  }
}
