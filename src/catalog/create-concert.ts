import type { EntityManager } from '@mikro-orm/core';
import { invalidRequest } from '../shared/domain-error.ts';
import type { NewId } from '../shared/ids.ts';
import { Concert } from './concert.entity.ts';
import { lowestPriceOf, seatCountOf, STANDARD_LAYOUT, storedLayout } from './layout.ts';
import { openingTimes, timeViolations } from './new-concert.ts';
import type { NewConcert, NewPerformance } from './new-concert.ts';
import { Performance } from './performance.entity.ts';
import { venueDate } from './venue-date.ts';

/** What a new concert does not say itself. */
export interface ConcertDefaults {
  readonly newId: NewId;
  /** ISO 4217 code of all prices. */
  readonly currencyCode: string;
  /** How many seats one user may have. */
  readonly seatsPerUser: number;
}

/** A concert as it was written. */
export interface WrittenConcert {
  readonly concert: Concert;
  /** All of them, in any order. */
  readonly performances: readonly Performance[];
}

/**
 * Writes a concert with its performances.
 *
 * @param em the entity manager of the caller's transaction
 * @param nowMs milliseconds since 1970
 * @throws INVALID_REQUEST naming each time that is too early
 */
export async function createConcert(
  em: EntityManager,
  input: NewConcert,
  defaults: ConcertDefaults,
  nowMs: number,
): Promise<WrittenConcert> {
  const tooEarly = timeViolations(input, nowMs);
  if (tooEarly.length > 0) throw invalidRequest(tooEarly);
  const { title, venue, timeZone } = input;
  const { queueOpensAtMs, saleOpensAtMs } = openingTimes(input, nowMs);
  const concert = em.create(Concert, {
    id: defaults.newId(),
    title,
    venue,
    timeZone,
    currencyCode: defaults.currencyCode,
    queueOpensAt: new Date(queueOpensAtMs),
    saleOpensAt: new Date(saleOpensAtMs),
    seatsPerUser: input.seatsPerUser === 0 ? defaults.seatsPerUser : input.seatsPerUser,
    seatsPerUserAndPerformance: input.seatsPerUserAndPerformance,
    revision: 1,
  });
  const performances = input.performances.map((each) => newPerformance(em, concert, each, defaults.newId));
  await em.flush();
  return { concert, performances };
}

/** Adds a performance to a concert; the caller flushes. */
export function newPerformance(
  em: EntityManager,
  { id: concertId, timeZone }: Pick<Concert, 'id' | 'timeZone'>,
  { startsAt, layout = STANDARD_LAYOUT }: NewPerformance,
  newId: NewId,
): Performance {
  return em.create(Performance, {
    id: newId(),
    concertId,
    date: venueDate(startsAt, timeZone),
    startsAt,
    layout: storedLayout(layout),
    seatCount: seatCountOf(layout),
    priceFrom: lowestPriceOf(layout),
  });
}
