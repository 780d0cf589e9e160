import { DomainError } from '../shared/domain-error.ts';
import type { Place } from './place.ts';

/** A valid token whose place is not admitted now; carries the place. */
export class NotAdmittedError extends DomainError {
  readonly place: Place;

  constructor(place: Place) {
    super('NOT_ADMITTED', 'The place of this token is not admitted now.', {
      metadata: { state: place.state, position: String(place.position) },
    });
    this.place = place;
  }
}

/**
 * Places are given out later.
 *
 * @param opensAtMs when, by Redis's clock
 * @param nowMs now, by the same clock
 */
export function queueNotOpen(opensAtMs: number, nowMs: number): DomainError {
  return new DomainError('QUEUE_NOT_OPEN', 'The queue of this concert is not open yet.', {
    metadata: { opens_at: new Date(opensAtMs).toISOString() },
    retryAfterMs: Math.max(1, opensAtMs - nowMs),
  });
}

/** The operator gives out no more places. */
export function queueDraining(): DomainError {
  return new DomainError('QUEUE_DRAINING', 'No more places are given out for this concert.');
}

/** The place cannot be left while its hold lives. */
export function holdActive(reservationId: string): DomainError {
  return new DomainError('HOLD_ACTIVE', 'Release the reservation before leaving.', {
    metadata: { reservation_id: reservationId },
  });
}

/** The token was not signed by this service for this use. */
export function tokenInvalid(cause: unknown): DomainError {
  return new DomainError('TOKEN_INVALID', 'The queue token is not valid.', { cause });
}

/** The token is past its end. */
export function tokenExpired(): DomainError {
  return new DomainError('TOKEN_EXPIRED', 'The queue token has expired; ask for a fresh one.');
}
