import { LockMode, type EntityManager } from '@mikro-orm/core';
import { invalidRequest } from '../shared/domain-error.ts';
import { concertNotFound } from '../shared/refusals.ts';
import { changeViolations } from './concert-change.ts';
import type { ConcertChange, PerformanceChange, SectionPrice } from './concert-change.ts';
import { Concert } from './concert.entity.ts';
import { newPerformance } from './create-concert.ts';
import type { ConcertDefaults, WrittenConcert } from './create-concert.ts';
import { layoutOf, lowestPriceOf, storedLayout } from './layout.ts';
import { Performance } from './performance.entity.ts';
import { venueDate } from './venue-date.ts';

/**
 * Writes a change of a concert. The concert's row is locked first: changes that are made at once follow each other, each
 * judged by what the one before left.
 *
 * @param em the entity manager of the caller's transaction
 * @param nowMs milliseconds since 1970
 * @throws CONCERT_NOT_FOUND, or INVALID_REQUEST naming each field that does not fit the concert
 */
export async function updateConcert(
  em: EntityManager,
  change: ConcertChange,
  defaults: ConcertDefaults,
  nowMs: number,
): Promise<WrittenConcert> {
  const concert = await em.findOne(Concert, { id: change.concertId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
  if (concert === null) throw concertNotFound(change.concertId);
  const performances = await em.find(Performance, { concertId: concert.id });
  const wrong = changeViolations(change, concert, performances, nowMs);
  if (wrong.length > 0) throw invalidRequest(wrong);
  changeFields(concert, change, defaults);
  const changes = new Map(change.performances.map((each) => [each.performanceId, each]));
  for (const performance of performances) {
    const changed = changes.get(performance.id);
    if (changed) changePerformance(performance, changed, concert.timeZone);
  }
  const added = change.newPerformances.map((input) => newPerformance(em, concert, input, defaults.newId));
  await em.flush();
  return { concert, performances: [...performances, ...added] };
}

function changeFields(concert: Concert, change: ConcertChange, defaults: ConcertDefaults): void {
  const { title, venue, queueOpensAt, saleOpensAt, seatsPerUser, seatsPerUserAndPerformance } = change;
  concert.title = title ?? concert.title;
  concert.venue = venue ?? concert.venue;
  concert.queueOpensAt = queueOpensAt ?? concert.queueOpensAt;
  concert.saleOpensAt = saleOpensAt ?? concert.saleOpensAt;
  concert.seatsPerUser = seatsPerUser === 0 ? defaults.seatsPerUser : (seatsPerUser ?? concert.seatsPerUser);
  concert.seatsPerUserAndPerformance = seatsPerUserAndPerformance ?? concert.seatsPerUserAndPerformance;
  concert.revision += 1;
}

function changePerformance(performance: Performance, change: PerformanceChange, timeZone: string): void {
  const { startsAt, sectionPrices } = change;
  if (startsAt) {
    performance.startsAt = startsAt;
    performance.date = venueDate(startsAt, timeZone);
  }
  if (sectionPrices.length > 0) reprice(performance, sectionPrices);
}

function reprice(performance: Performance, sectionPrices: readonly SectionPrice[]): void {
  const prices = new Map(sectionPrices.map(({ section, price }) => [section, price]));
  const sections = layoutOf(performance.layout).sections.map((section) => ({
    ...section,
    price: prices.get(section.name) ?? section.price,
  }));
  performance.layout = storedLayout({ sections });
  performance.priceFrom = lowestPriceOf({ sections });
}
