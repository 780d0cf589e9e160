import { DomainError } from './domain-error.ts';

/** The refusal where there is no such concert. */
export function concertNotFound(concertId: string): DomainError {
  return new DomainError('CONCERT_NOT_FOUND', 'There is no such concert.', { metadata: { concert_id: concertId } });
}

/** The refusal where there is no such performance. */
export function performanceNotFound(performanceId: string): DomainError {
  return new DomainError('PERFORMANCE_NOT_FOUND', 'There is no such performance.', {
    metadata: { performance_id: performanceId },
  });
}

/** The refusal of a token that is for another concert than the request. */
export function tokenConcertMismatch(): DomainError {
  return new DomainError('TOKEN_CONCERT_MISMATCH', 'The queue token is for another concert.');
}

/** The refusal of an idempotency key that belongs to another request. */
export function idempotencyKeyReused(): DomainError {
  return new DomainError('IDEMPOTENCY_KEY_REUSED', 'The idempotency key belongs to another request.');
}
