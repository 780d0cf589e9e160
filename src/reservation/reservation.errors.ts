import { DomainError } from '../shared/domain-error.ts';

/** The token's user has no such reservation for the token's concert. */
export function reservationNotFound(reservationId: string): DomainError {
  return new DomainError('RESERVATION_NOT_FOUND', 'There is no such reservation.', of(reservationId));
}

/** The performance has no seats with these numbers. */
export function seatNotFound(seatNumbers: readonly number[]): DomainError {
  return new DomainError('SEAT_NOT_FOUND', 'The performance has no such seat.', {
    metadata: { seat_numbers: seatNumbers.join(',') },
  });
}

/** The performance has begun. */
export function performancePast(startsAt: Date): DomainError {
  return new DomainError('PERFORMANCE_PAST', 'The performance has begun.', {
    metadata: { starts_at: startsAt.toISOString() },
  });
}

/** The performance was canceled: its seats are not on sale any more. */
export function performanceCanceled(performanceId: string): DomainError {
  return new DomainError('PERFORMANCE_CANCELED', 'The performance was canceled.', {
    metadata: { performance_id: performanceId },
  });
}

/**
 * At least one of the seats is held or sold; none was held.
 *
 * @param taken the ones that are
 * @param nearestFree free seats near them
 */
export function seatTaken(taken: readonly number[], nearestFree: readonly number[]): DomainError {
  return new DomainError('SEAT_TAKEN', `Taken: ${taken.join(', ')}. No seat was held.`, {
    metadata: { seat_numbers: taken.join(','), nearest_free: nearestFree.join(',') },
  });
}

/**
 * No row has so many free seats side by side; none was held.
 *
 * @param count how many were wanted
 * @param seatsFree how many seats of the performance are free
 * @param longestRun how many stand side by side at most in what was asked for
 */
export function noAdjacentSeats(count: number, seatsFree: number, longestRun: number): DomainError {
  return new DomainError('NO_ADJACENT_SEATS', `No row has ${count} free seats side by side. No seat was held.`, {
    metadata: { seats_free: String(seatsFree), longest_run: String(longestRun) },
  });
}

/** The hold was given more time before. */
export function extensionUsed(reservationId: string): DomainError {
  return new DomainError('EXTENSION_USED', 'The reservation was extended before.', of(reservationId));
}

/** The place has a live reservation. */
export function reservationExists(reservationId: string): DomainError {
  return new DomainError('RESERVATION_EXISTS', 'This place has a reservation already.', of(reservationId));
}

/**
 * The user would have more seats than one may.
 *
 * @param of what the limit is for
 */
export function seatLimitExceeded(limit: number, owned: number, of: 'concert' | 'performance'): DomainError {
  return new DomainError('SEAT_LIMIT_EXCEEDED', `One user may have ${limit} seats of this ${of}.`, {
    metadata: { limit: String(limit), owned: String(owned) },
  });
}

/** The hold's time is up. */
export function holdExpired(reservationId: string): DomainError {
  return new DomainError('HOLD_EXPIRED', 'The hold has expired; its seats are free again.', of(reservationId));
}

/** The reservation was released by its user. */
export function reservationReleased(reservationId: string): DomainError {
  return new DomainError('RESERVATION_RELEASED', 'The reservation was released.', of(reservationId));
}

/** The reservation is paid and cannot be released. */
export function reservationPaid(reservationId: string): DomainError {
  return new DomainError('RESERVATION_PAID', 'The reservation is paid.', of(reservationId));
}

/** A payment of this reservation runs now. */
export function paymentInProgress(reservationId: string): DomainError {
  return new DomainError('PAYMENT_IN_PROGRESS', 'A payment of this reservation runs now.', {
    ...of(reservationId),
    retryAfterMs: 1_000,
  });
}

function of(reservationId: string): { metadata: Record<string, string> } {
  return { metadata: { reservation_id: reservationId } };
}
