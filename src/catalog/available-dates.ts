import type { ConcertView, PerformanceView } from './concert-view.ts';

/** A performance that has a free seat. */
export interface AvailablePerformance {
  readonly performanceId: string;
  readonly startsAt: Date;
  /** Seats that nobody holds or owns. */
  readonly seatsFree: number;
  /** The lowest price in the hall, minor unit. */
  readonly priceFrom: bigint;
}

/** A date on which a performance has a free seat. */
export interface AvailableDate {
  /** YYYY-MM-DD in the venue's time zone. */
  readonly date: string;
  /** Of all its performances. */
  readonly seatsFree: number;
  /** The lowest price of those performances, minor unit. */
  readonly priceFrom: bigint;
  /** ISO 4217 code of the price. */
  readonly currencyCode: string;
  /** Those that have a free seat, earliest first. */
  readonly performances: readonly AvailablePerformance[];
}

/**
 * The performances whose seats are on sale: none before the sale opens, and none that has begun or was canceled.
 *
 * @param nowMs milliseconds since 1970
 */
export function onSaleAt(
  { saleOpensAt, performances }: Pick<ConcertView, 'saleOpensAt' | 'performances'>,
  nowMs: number,
): readonly PerformanceView[] {
  if (saleOpensAt.getTime() > nowMs) return [];
  return performances.filter(({ startsAt, canceledAt }) => canceledAt === undefined && startsAt.getTime() > nowMs);
}

/**
 * Groups the performances that have a free seat by date.
 *
 * @param performances earliest first
 * @param takenSeats how many seats are held or sold, by performance id; one that is missing has none
 * @returns earliest first
 */
export function availableDates(
  performances: readonly PerformanceView[],
  takenSeats: ReadonlyMap<string, number>,
): readonly AvailableDate[] {
  const dates = new Map<string, AvailableDate>();
  for (const { performanceId, startsAt, date, seatCount, priceFrom, currencyCode } of performances) {
    const seatsFree = seatCount - (takenSeats.get(performanceId) ?? 0);
    if (seatsFree <= 0) continue;
    const before = dates.get(date) ?? { date, seatsFree: 0, priceFrom, currencyCode, performances: [] };
    dates.set(date, {
      ...before,
      seatsFree: before.seatsFree + seatsFree,
      priceFrom: priceFrom < before.priceFrom ? priceFrom : before.priceFrom,
      performances: [...before.performances, { performanceId, startsAt, seatsFree, priceFrom }],
    });
  }
  return [...dates.values()];
}
