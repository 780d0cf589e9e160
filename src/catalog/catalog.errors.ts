import { DomainError } from '../shared/domain-error.ts';

/**
 * The refusal where the concert has no performance on a date.
 *
 * @param date YYYY-MM-DD in the venue's time zone
 */
export function dateNotFound(date: string): DomainError {
  return new DomainError('DATE_NOT_FOUND', `The concert has no performance on ${date}.`, { metadata: { date } });
}

/** The refusal where the performance has no section with a name. */
export function sectionNotFound(section: string): DomainError {
  return new DomainError('SECTION_NOT_FOUND', 'The performance has no such section.', { metadata: { section } });
}

/**
 * The refusal where seats are on sale later.
 *
 * @param nowMs milliseconds since 1970
 */
export function saleNotOpen(saleOpensAt: Date, nowMs: number): DomainError {
  return new DomainError('SALE_NOT_OPEN', 'The sale of this concert is not open yet.', {
    metadata: { sale_opens_at: saleOpensAt.toISOString() },
    retryAfterMs: Math.max(1, saleOpensAt.getTime() - nowMs),
  });
}

/**
 * The refusal where a date alone does not say which performance is meant.
 *
 * @param date YYYY-MM-DD in the venue's time zone
 * @param performanceIds the performances of that date, earliest first
 */
export function dateAmbiguous(date: string, performanceIds: readonly string[]): DomainError {
  return new DomainError('DATE_AMBIGUOUS', `${date} has ${performanceIds.length} performances: ask by id.`, {
    metadata: { performance_ids: performanceIds.join(',') },
  });
}
