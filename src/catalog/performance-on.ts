import { dateAmbiguous, dateNotFound } from './catalog.errors.ts';
import type { PerformanceView } from './concert-view.ts';

/**
 * The one performance of a date. One that has begun counts too: what a date names does not change with the hour.
 *
 * @param performances those of the concert, earliest first
 * @param date YYYY-MM-DD in the venue's time zone
 * @throws DATE_NOT_FOUND, or DATE_AMBIGUOUS naming the performances of the date
 */
export function performanceOn(performances: readonly PerformanceView[], date: string): PerformanceView {
  const [first, ...others] = performances.filter((performance) => performance.date === date);
  if (first === undefined) throw dateNotFound(date);
  if (others.length === 0) return first;
  const ids = [first, ...others].map((each) => each.performanceId);
  throw dateAmbiguous(date, ids);
}
