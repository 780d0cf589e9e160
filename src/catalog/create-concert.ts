import type { EntityManager } from '@mikro-orm/core';
import { invalidRequest } from '../shared/domain-error.ts';
import type { NewId } from '../shared/ids.ts';
import { Concert } from './concert.entity.ts';
import { lowestPriceOf, seatCountOf, STANDARD_LAYOUT, storedLayout } from './layout.ts';
import { openingTimes, timeViolations } from './new-concert.ts';
import type { NewConcert } from './new-concert.ts';
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
): Promise<{ readonly concert: Concert; readonly performances: readonly Performance[] }> {
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
  });
  const performances = input.performances.map(({ startsAt, layout = STANDARD_LAYOUT }) =>
    em.create(Performance, {
      id: defaults.newId(),
      concertId: concert.id,
      date: venueDate(startsAt, timeZone),
      startsAt,
      layout: storedLayout(layout),
      seatCount: seatCountOf(layout),
      priceFrom: lowestPriceOf(layout),
    }),
  );
  await em.flush();
  return { concert, performances };
}
