import { CatalogService, SeatMap } from '../../../src/catalog/index.ts';
import type { CatalogOptions, ConcertChange, NewConcert, SeatFilter } from '../../../src/catalog/index.ts';
import { newId } from '../../../src/shared/ids.ts';
import type { TestOrm } from '../postgres/test-orm.ts';

/** The moment at which the tests of the catalog take place. */
export const nowMs = Date.parse('2027-01-01T00:00:00Z');

/** A catalog of which nobody holds or owns a seat, unless the options say so. */
export function catalogOn(db: TestOrm, options: Partial<CatalogOptions> = {}): CatalogService {
  const none = new Uint8Array();
  const empty = new SeatMap({ version: 0n, asOfMs: nowMs, taken: none, sold: none });
  return new CatalogService({
    em: db.orm.em,
    availability: { takenSeats: () => Promise.resolve(new Map()), seatMap: () => Promise.resolve(empty) },
    changes: { announce: () => Promise.resolve(), listen: () => undefined },
    doors: { setTimes: () => Promise.resolve(), reopen: () => Promise.resolve() },
    clock: { nowMs: () => nowMs },
    newId,
    currencyCode: 'KRW',
    seatsPerUser: 4,
    idempotencyTtlMs: 24 * 3_600_000,
    ...options,
  });
}

/**
 * A concert in Seoul in the standard layout.
 *
 * @param startsAt when its performances begin, in ISO 8601
 */
export function concertOf(startsAt: readonly string[], values: Partial<NewConcert> = {}): NewConcert {
  return {
    title: 'First Light',
    venue: 'Olympic Hall',
    timeZone: 'Asia/Seoul',
    queueOpensAt: undefined,
    saleOpensAt: undefined,
    seatsPerUser: 0,
    seatsPerUserAndPerformance: 0,
    performances: startsAt.map((each) => ({ startsAt: new Date(each), layout: undefined })),
    ...values,
  };
}

/** A change of nothing, but for what is given. */
export function changeOf(concertId: string, given: Partial<ConcertChange>): ConcertChange {
  return {
    concertId,
    title: undefined,
    venue: undefined,
    queueOpensAt: undefined,
    saleOpensAt: undefined,
    seatsPerUser: undefined,
    seatsPerUserAndPerformance: undefined,
    performances: [],
    newPerformances: [],
    ...given,
  };
}

/** Lists every seat. */
export const allSeats: SeatFilter = { state: undefined, section: undefined };

/** The refusal of a call that has to be refused. */
export async function refusal(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => Promise.reject(new Error('was not refused')),
    (error: unknown) => error,
  );
}
