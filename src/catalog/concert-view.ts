import type { Concert } from './concert.entity.ts';
import { layoutOf, seatsOf } from './layout.ts';
import type { Layout, Seat } from './layout.ts';
import type { Performance } from './performance.entity.ts';

/** A performance as everybody sees it in one revision of its concert; who holds or owns a seat is not part of it. */
export interface PerformanceView {
  readonly performanceId: string;
  readonly concertId: string;
  /** All performances of the concert, in any order: what a user has of them counts together. */
  readonly performanceIdsOfConcert: readonly string[];
  /** YYYY-MM-DD in the venue's time zone. */
  readonly date: string;
  readonly startsAt: Date;
  readonly seatCount: number;
  /** The lowest price, minor unit. */
  readonly priceFrom: bigint;
  /** ISO 4217 code of the prices. */
  readonly currencyCode: string;
  /** How many seats of the concert one user may have, held and owned together. */
  readonly seatsPerUser: number;
  /** How many seats of this performance one user may have: never more than of the concert. */
  readonly seatsPerUserAndPerformance: number;
  /** From when seats are on sale. */
  readonly saleOpensAt: Date;
  /** When it was canceled; undefined where it is on. */
  readonly canceledAt: Date | undefined;
  /** The concert's, which counts up with every change. */
  readonly revision: number;
  readonly layout: Layout;
  /** All seats by number: the seat with number n is at index n - 1. */
  readonly seats: readonly Seat[];
}

/** A concert as everybody sees it. */
export interface ConcertView {
  readonly concertId: string;
  readonly title: string;
  readonly venue: string;
  /** The venue's, of the IANA database. */
  readonly timeZone: string;
  /** ISO 4217 code of all prices. */
  readonly currencyCode: string;
  readonly queueOpensAt: Date;
  readonly saleOpensAt: Date;
  /** How many seats of the concert one user may have, held and owned together. */
  readonly seatsPerUser: number;
  /** How many seats of one performance one user may have; 0 is no limit of its own. */
  readonly seatsPerUserAndPerformance: number;
  /** Counts up with every change, from 1. */
  readonly revision: number;
  /** Earliest first. */
  readonly performances: readonly PerformanceView[];
}

/** Gives the seats of a performance in a revision, made by `expand` where they are not at hand. */
export type SeatLists = (
  performance: Pick<PerformanceView, 'performanceId' | 'revision'>,
  expand: () => readonly Seat[],
) => readonly Seat[];

/**
 * The view of a concert.
 *
 * @param performances those of the concert, in any order
 * @param seatLists where the seats are kept: a hall is expanded when somebody looks at its seats, not before
 */
export function concertView(concert: Concert, performances: readonly Performance[], seatLists: SeatLists): ConcertView {
  const { currencyCode, saleOpensAt, seatsPerUser, seatsPerUserAndPerformance, revision } = concert;
  const ofConcert = {
    currencyCode,
    saleOpensAt,
    seatsPerUser,
    seatsPerUserAndPerformance: Math.min(seatsPerUserAndPerformance || seatsPerUser, seatsPerUser),
    revision,
    performanceIdsOfConcert: performances.map(({ id }) => id),
  };
  const views = performances.map((performance): PerformanceView => {
    const { id: performanceId, concertId, date, startsAt, seatCount, priceFrom } = performance;
    const layout = layoutOf(performance.layout);
    const canceledAt = performance.canceledAt ?? undefined;
    const times = { date, startsAt, canceledAt };
    const facts = { performanceId, concertId, ...times, seatCount, priceFrom, ...ofConcert, layout };
    return Object.defineProperty(facts as typeof facts & { seats: readonly Seat[] }, 'seats', {
      enumerable: true,
      get: () => seatLists({ performanceId, revision }, () => seatsOf(layout)),
    });
  });
  return {
    concertId: concert.id,
    title: concert.title,
    venue: concert.venue,
    timeZone: concert.timeZone,
    currencyCode,
    queueOpensAt: concert.queueOpensAt,
    saleOpensAt,
    seatsPerUser,
    seatsPerUserAndPerformance,
    revision,
    performances: views.sort(
      (a, b) => a.startsAt.getTime() - b.startsAt.getTime() || (a.performanceId < b.performanceId ? -1 : 1),
    ),
  };
}
