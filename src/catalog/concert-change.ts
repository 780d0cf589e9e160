import type { FieldViolation } from '../shared/domain-error.ts';
import type { Concert } from './concert.entity.ts';
import { layoutViolations } from './layout.ts';
import { performanceParts } from './new-concert.ts';
import type { NewPerformance } from './new-concert.ts';
import type { Performance } from './performance.entity.ts';

/** The most performances that a concert has. */
export const MAX_PERFORMANCES_PER_CONCERT = 100;

/** The new price of a section. */
export interface SectionPrice {
  /** The section's name. */
  readonly section: string;
  /** Of each seat, minor unit. */
  readonly price: bigint;
}

/** What changes of a performance. */
export interface PerformanceChange {
  readonly performanceId: string;
  /** Undefined leaves it. */
  readonly startsAt: Date | undefined;
  /** The sections that are not named keep their price. */
  readonly sectionPrices: readonly SectionPrice[];
}

/** What changes of a concert; what is undefined stays. */
export interface ConcertChange {
  readonly concertId: string;
  readonly title: string | undefined;
  readonly venue: string | undefined;
  readonly queueOpensAt: Date | undefined;
  readonly saleOpensAt: Date | undefined;
  /** 0 is the configured default. */
  readonly seatsPerUser: number | undefined;
  /** 0 is no limit of its own. */
  readonly seatsPerUserAndPerformance: number | undefined;
  readonly performances: readonly PerformanceChange[];
  readonly newPerformances: readonly NewPerformance[];
}

/** What is wrong with a change whatever it is made to. */
export function changeShapeViolations({ performances, newPerformances }: ConcertChange): FieldViolation[] {
  const ids = performances.map(({ performanceId }) => performanceId);
  const wrong = repeatedAt(ids).map((index) => onceIn('the request', `performances[${index}].performance_id`));
  for (const [index, { sectionPrices }] of performances.entries()) {
    const path = `performances[${index}].section_prices`;
    const repeated = repeatedAt(sectionPrices.map(({ section }) => section));
    wrong.push(...repeated.map((each) => onceIn('the performance', `${path}[${each}].section`)));
  }
  for (const [index, { layout }] of newPerformances.entries()) {
    if (layout !== undefined) wrong.push(...layoutViolations(layout, `new_performances[${index}].layout`));
  }
  return wrong;
}

/**
 * What is wrong with a change of this concert now.
 *
 * @param performances all of the concert
 * @param nowMs milliseconds since 1970
 */
export function changeViolations(
  change: ConcertChange,
  concert: Pick<Concert, 'queueOpensAt' | 'saleOpensAt'>,
  performances: readonly Pick<Performance, 'id' | 'startsAt' | 'layout'>[],
  nowMs: number,
): FieldViolation[] {
  const wrong = openingViolations(change, concert);
  const byId = new Map(performances.map((performance) => [performance.id, performance]));
  for (const [index, { performanceId, startsAt, sectionPrices }] of change.performances.entries()) {
    const path = `performances[${index}]`;
    const performance = byId.get(performanceId);
    if (performance === undefined) {
      wrong.push({ field: `${path}.performance_id`, description: 'must be a performance of the concert' });
      continue;
    }
    // A time that stays as it is may have come, so that a change of other things can be asked for twice.
    if (startsAt && startsAt.getTime() !== performance.startsAt.getTime() && startsAt.getTime() <= nowMs) {
      wrong.push(inTheFuture(`${path}.starts_at`));
    }
    const sections = new Set(performance.layout.sections.map(({ name }) => name));
    for (const [each, { section }] of sectionPrices.entries()) {
      if (sections.has(section)) continue;
      const field = `${path}.section_prices[${each}].section`;
      wrong.push({ field, description: 'must be a section of the performance' });
    }
  }
  for (const [index, { startsAt }] of change.newPerformances.entries()) {
    if (startsAt.getTime() <= nowMs) wrong.push(inTheFuture(`new_performances[${index}].starts_at`));
  }
  if (performances.length + change.newPerformances.length > MAX_PERFORMANCES_PER_CONCERT) {
    const description = `must leave the concert with at most ${MAX_PERFORMANCES_PER_CONCERT} performances`;
    wrong.push({ field: 'new_performances', description });
  }
  return wrong;
}

/** The whole request as text, the same for the same request. */
export function changeText(change: ConcertChange): string {
  const { concertId, title, venue, queueOpensAt, saleOpensAt, seatsPerUser, seatsPerUserAndPerformance } = change;
  const performances = change.performances.map(({ performanceId, startsAt, sectionPrices }) => [
    performanceId,
    startsAt,
    sectionPrices.map(({ section, price }) => [section, String(price)]),
  ]);
  const limits = [seatsPerUser, seatsPerUserAndPerformance];
  const added = change.newPerformances.map(performanceParts);
  return JSON.stringify([concertId, title, venue, queueOpensAt, saleOpensAt, limits, performances, added]);
}

/** The sale opens with the queue or after it; the violation names a field that the change sets. */
function openingViolations(
  change: ConcertChange,
  concert: Pick<Concert, 'queueOpensAt' | 'saleOpensAt'>,
): FieldViolation[] {
  const { queueOpensAt = concert.queueOpensAt, saleOpensAt = concert.saleOpensAt } = change;
  if (saleOpensAt.getTime() >= queueOpensAt.getTime()) return [];
  return change.saleOpensAt
    ? [{ field: 'sale_opens_at', description: 'must not be before the queue opens' }]
    : [{ field: 'queue_opens_at', description: 'must not be after the sale opens' }];
}

/** The indexes at which something stands that stood before. */
function repeatedAt(texts: readonly string[]): number[] {
  return texts.flatMap((text, index) => (texts.indexOf(text) < index ? [index] : []));
}

function onceIn(where: string, field: string): FieldViolation {
  return { field, description: `must be unique in ${where}` };
}

function inTheFuture(field: string): FieldViolation {
  return { field, description: 'must be in the future' };
}
