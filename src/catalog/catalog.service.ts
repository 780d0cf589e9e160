import type { EntityManager } from '@mikro-orm/core';
import type { Clock } from '../shared/clock.ts';
import { invalidRequest } from '../shared/domain-error.ts';
import { once } from '../shared/idempotency.ts';
import type { Json } from '../shared/json.ts';
import type { Page, PageRequest } from '../shared/page.ts';
import { concertNotFound, performanceNotFound, tokenConcertMismatch } from '../shared/refusals.ts';
import { availableDates, onSaleAt } from './available-dates.ts';
import type { AvailableDate } from './available-dates.ts';
import { sectionNotFound } from './catalog.errors.ts';
import { cancelPerformance } from './cancel-performance.ts';
import { ConcertCache } from './concert-cache.ts';
import { changeShapeViolations, changeText } from './concert-change.ts';
import type { ConcertChange } from './concert-change.ts';
import type { ConcertChanges } from './concert-changes.port.ts';
import { findConcertPage } from './concert-page.ts';
import { concertView } from './concert-view.ts';
import type { ConcertView, PerformanceView } from './concert-view.ts';
import { createConcert } from './create-concert.ts';
import type { ConcertDefaults } from './create-concert.ts';
import { requestText, shapeViolations, timeViolations } from './new-concert.ts';
import type { NewConcert } from './new-concert.ts';
import { performanceOn } from './performance-on.ts';
import type { SaleDoors, SaleTimes } from './sale-doors.port.ts';
import type { SeatAvailability } from './seat-availability.port.ts';
import { seatListing } from './seat-listing.ts';
import type { SeatFilter, SeatListing } from './seat-listing.ts';
import { updateConcert } from './update-concert.ts';

/** What the catalog needs. */
export interface CatalogOptions extends ConcertDefaults {
  /** The ORM's own entity manager: each use case forks it. */
  readonly em: EntityManager;
  readonly availability: SeatAvailability;
  readonly changes: ConcertChanges;
  readonly doors: SaleDoors;
  readonly clock: Clock;
  /** For how long an idempotency key is remembered, milliseconds. */
  readonly idempotencyTtlMs: number;
}

/** Names a performance: by its id, or by concert and date (YYYY-MM-DD in the venue's time zone). */
export type PerformanceTarget =
  { readonly performanceId: string } | { readonly concertId: string; readonly date: string };

/** What is on sale: concerts, their performances and seats. */
export class CatalogService {
  readonly #options: CatalogOptions;
  readonly #cache: ConcertCache;

  constructor(options: CatalogOptions) {
    this.#options = options;
    this.#cache = new ConcertCache(options);
  }

  /**
   * Puts a concert on sale with its performances. With a key, the same request again gives the first call's concert.
   *
   * @throws INVALID_REQUEST naming every wrong field, IDEMPOTENCY_KEY_REUSED
   */
  async createConcert(
    input: NewConcert,
    { idempotencyKey }: { readonly idempotencyKey: string | undefined },
  ): Promise<{ readonly concert: ConcertView; readonly replayed: boolean }> {
    const { clock, em, idempotencyTtlMs: ttlMs } = this.#options;
    const wrong = shapeViolations(input);
    if (wrong.length > 0) throw invalidRequest([...wrong, ...timeViolations(input, clock.nowMs())]);
    const call = { rpc: 'CreateConcert', subject: 'operator', key: idempotencyKey, request: requestText(input), ttlMs };
    const { outcome: concert, replayed } = await em.fork().transactional(async (tx) => {
      const codec = {
        encode: (created: ConcertView) => created.concertId,
        decode: async (concertId: Json) => await this.#cache.read(tx, concertId as string),
      };
      return await once(tx, call, codec, async () => {
        const created = await createConcert(tx, input, this.#options, clock.nowMs());
        return concertView(created.concert, created.performances, this.#cache.seatLists);
      });
    });
    return { concert, replayed };
  }

  /**
   * Changes a concert. Postgres first: should Redis fail after it, the caller tries again, and everybody comes to see the
   * change by looking themselves. With a key, the same request again changes nothing and gives the concert as it is.
   *
   * @throws INVALID_REQUEST naming every wrong field, CONCERT_NOT_FOUND, IDEMPOTENCY_KEY_REUSED
   */
  async updateConcert(
    change: ConcertChange,
    { idempotencyKey }: { readonly idempotencyKey: string | undefined },
  ): Promise<{ readonly concert: ConcertView; readonly replayed: boolean }> {
    const { changes, clock, doors, em, idempotencyTtlMs: ttlMs } = this.#options;
    const wrong = changeShapeViolations(change);
    if (wrong.length > 0) throw invalidRequest(wrong);
    const { concertId } = change;
    const call = { rpc: 'UpdateConcert', subject: 'operator', key: idempotencyKey, request: changeText(change), ttlMs };
    const { outcome: concert, replayed } = await em.fork().transactional(async (tx) => {
      const codec = {
        encode: ({ revision }: ConcertView) => revision,
        decode: async () => await this.#cache.read(tx, concertId),
      };
      return await once(tx, call, codec, async () => {
        const updated = await updateConcert(tx, change, this.#options, clock.nowMs());
        return concertView(updated.concert, updated.performances, this.#cache.seatLists);
      });
    });
    this.#cache.forget(concertId);
    await changes.announce(concertId);
    await doors.setTimes(concertId, timesOf(concert));
    const goesOn = concert.performances.some((performance) => performance.startsAt.getTime() > clock.nowMs());
    if (goesOn) await doors.reopen(concertId);
    return { concert, replayed };
  }

  /**
   * Takes a performance off sale for good; one that was canceled before stays as it is.
   *
   * @returns its concert
   * @throws PERFORMANCE_NOT_FOUND
   */
  async cancelPerformance(performanceId: string): Promise<{ readonly concertId: string }> {
    const concertId = await cancelPerformance(this.#options.em, performanceId);
    if (concertId === undefined) throw performanceNotFound(performanceId);
    this.#cache.forget(concertId);
    await this.#options.changes.announce(concertId);
    return { concertId };
  }

  /**
   * Lists the concerts, newest first.
   *
   * @throws INVALID_REQUEST naming `page_token`
   */
  async listConcerts(request: PageRequest): Promise<Page<ConcertView>> {
    const page = await findConcertPage(this.#options.em.fork(), request);
    return { ...page, items: await this.#cache.concerts(page.items) };
  }

  /**
   * Reads a concert.
   *
   * @throws CONCERT_NOT_FOUND
   */
  async getConcert(concertId: string): Promise<ConcertView> {
    const concert = await this.#cache.concert(concertId);
    if (concert === undefined) throw concertNotFound(concertId);
    return concert;
  }

  /**
   * Lists the dates on which a performance is still to begin and has a free seat, earliest first; none before the sale
   * opens.
   *
   * @throws CONCERT_NOT_FOUND
   */
  async listAvailableDates(concertId: string): Promise<readonly AvailableDate[]> {
    const onSale = onSaleAt(await this.getConcert(concertId), this.#options.clock.nowMs());
    if (onSale.length === 0) return [];
    const ids = onSale.map((performance) => performance.performanceId);
    return availableDates(onSale, await this.#options.availability.takenSeats(concertId, ids));
  }

  /**
   * Lists the seats of a performance with their state at one moment.
   *
   * @param tokenConcertId the concert for which the caller's token is
   * @throws PERFORMANCE_NOT_FOUND, CONCERT_NOT_FOUND, DATE_NOT_FOUND, DATE_AMBIGUOUS, TOKEN_CONCERT_MISMATCH,
   *   SECTION_NOT_FOUND
   */
  async listSeats(target: PerformanceTarget, filter: SeatFilter, tokenConcertId: string): Promise<SeatListing> {
    const performance = await this.find(target);
    if (performance.concertId !== tokenConcertId) throw tokenConcertMismatch();
    const { concertId, performanceId, seats } = performance;
    if (filter.section !== undefined && !seats.some(({ section }) => section === filter.section)) {
      throw sectionNotFound(filter.section);
    }
    return seatListing(performance, await this.#options.availability.seatMap(concertId, performanceId), filter);
  }

  /**
   * Looks a performance up, whichever way it is named.
   *
   * @throws PERFORMANCE_NOT_FOUND, CONCERT_NOT_FOUND, DATE_NOT_FOUND, DATE_AMBIGUOUS
   */
  find(target: PerformanceTarget): Promise<PerformanceView> {
    return 'performanceId' in target
      ? this.findPerformance(target.performanceId)
      : this.findPerformanceOn(target.concertId, target.date);
  }

  /**
   * Looks a performance up by its id.
   *
   * @throws PERFORMANCE_NOT_FOUND
   */
  async findPerformance(performanceId: string): Promise<PerformanceView> {
    const concert = this.#cache.atHand(performanceId) ?? (await this.#cache.concertOf(performanceId));
    const performance = concert?.performances.find((each) => each.performanceId === performanceId);
    if (performance === undefined) throw performanceNotFound(performanceId);
    return performance;
  }

  /**
   * Looks the one performance of a date up.
   *
   * @param date YYYY-MM-DD in the venue's time zone
   * @throws CONCERT_NOT_FOUND, DATE_NOT_FOUND, or DATE_AMBIGUOUS naming the performances of the date
   */
  async findPerformanceOn(concertId: string, date: string): Promise<PerformanceView> {
    return performanceOn((await this.getConcert(concertId)).performances, date);
  }

  /**
   * The performances of a concert, earliest first; while the store does not answer, those that were last seen: the stock of
   * an open line is counted on without it.
   *
   * @throws CONCERT_NOT_FOUND
   */
  async performancesOf(concertId: string): Promise<readonly PerformanceView[]> {
    try {
      return (await this.getConcert(concertId)).performances;
    } catch (error) {
      const lastSeen = this.#cache.lastSeen(concertId);
      if (lastSeen === undefined) throw error;
      return lastSeen.performances;
    }
  }

  /**
   * When the queue and the sale of a concert open.
   *
   * @returns undefined where there is no such concert
   */
  async findTimes(concertId: string): Promise<SaleTimes | undefined> {
    const concert = await this.#cache.concert(concertId);
    return concert && timesOf(concert);
  }
}

function timesOf({ queueOpensAt, saleOpensAt, revision }: ConcertView): SaleTimes {
  return { queueOpensAtMs: queueOpensAt.getTime(), saleOpensAtMs: saleOpensAt.getTime(), revision };
}
