import type { FieldViolation } from '../shared/domain-error.ts';
import { layoutViolations } from './layout.ts';
import type { Layout } from './layout.ts';
import { isTimeZone } from './venue-date.ts';

/** A performance that is to be put on sale. */
export interface NewPerformance {
  readonly startsAt: Date;
  /** Undefined is the standard layout. */
  readonly layout: Layout | undefined;
}

/** A concert that is to be put on sale. */
export interface NewConcert {
  readonly title: string;
  readonly venue: string;
  /** Of the IANA database. */
  readonly timeZone: string;
  /** Undefined is at once. */
  readonly queueOpensAt: Date | undefined;
  /** Undefined is when the queue opens. */
  readonly saleOpensAt: Date | undefined;
  /** 0 is the configured default. */
  readonly seatsPerUser: number;
  /** 0 is no limit of its own. */
  readonly seatsPerUserAndPerformance: number;
  readonly performances: readonly NewPerformance[];
}

/** What is wrong with a new concert whenever it is asked for. */
export function shapeViolations(concert: NewConcert): FieldViolation[] {
  const wrong: FieldViolation[] = [];
  if (!isTimeZone(concert.timeZone)) {
    wrong.push({ field: 'time_zone', description: 'must be a time zone of the IANA database, such as Asia/Seoul' });
  }
  for (const [index, { layout }] of concert.performances.entries()) {
    if (layout !== undefined) wrong.push(...layoutViolations(layout, `performances[${index}].layout`));
  }
  return wrong;
}

/**
 * What is wrong with a new concert now, though it may have been right before.
 *
 * @param nowMs milliseconds since 1970
 */
export function timeViolations(concert: NewConcert, nowMs: number): FieldViolation[] {
  const wrong: FieldViolation[] = [];
  const { queueOpensAtMs, saleOpensAtMs } = openingTimes(concert, nowMs);
  if (saleOpensAtMs < queueOpensAtMs) {
    wrong.push({ field: 'sale_opens_at', description: 'must not be before the queue opens' });
  }
  for (const [index, { startsAt }] of concert.performances.entries()) {
    if (startsAt.getTime() <= nowMs) {
      wrong.push({ field: `performances[${index}].starts_at`, description: 'must be in the future' });
    }
  }
  return wrong;
}

/**
 * When the queue and the sale of a new concert open.
 *
 * @param nowMs milliseconds since 1970
 */
export function openingTimes(
  concert: NewConcert,
  nowMs: number,
): { readonly queueOpensAtMs: number; readonly saleOpensAtMs: number } {
  const queueOpensAtMs = concert.queueOpensAt?.getTime() ?? nowMs;
  return { queueOpensAtMs, saleOpensAtMs: concert.saleOpensAt?.getTime() ?? queueOpensAtMs };
}

/** The whole request as text, the same for the same request. */
export function requestText(concert: NewConcert): string {
  const { title, venue, timeZone, queueOpensAt, saleOpensAt, seatsPerUser, seatsPerUserAndPerformance } = concert;
  const limits = [seatsPerUser, seatsPerUserAndPerformance];
  const performances = concert.performances.map(performanceParts);
  return JSON.stringify([title, venue, timeZone, queueOpensAt, saleOpensAt, limits, performances]);
}

/** A performance as part of such a text. */
export function performanceParts({ startsAt, layout }: NewPerformance): unknown[] {
  const sections = layout?.sections.map(({ name, price, rows }) => [
    name,
    String(price),
    rows.map(({ label, seatCount }) => [label, seatCount]),
  ]);
  return [startsAt, sections];
}
