import { DomainError } from '../shared/domain-error.ts';

/** The user has no such payment. */
export function paymentNotFound(paymentId: string): DomainError {
  return new DomainError('PAYMENT_NOT_FOUND', 'There is no such payment.', { metadata: { payment_id: paymentId } });
}

/** Valid tickets of another payment exist for these seats. */
export function seatLost(seatNumbers: readonly number[]): DomainError {
  return new DomainError('SEAT_LOST', `Sold to somebody else: ${seatNumbers.join(', ')}. Nothing was charged.`, {
    metadata: { seat_numbers: seatNumbers.join(',') },
  });
}

/**
 * The answer of the database was lost while it committed.
 *
 * @param cause what the driver said, for the log
 */
export function paymentOutcomeUnknown(reservationId: string, cause: unknown): DomainError {
  return new DomainError('PAYMENT_OUTCOME_UNKNOWN', 'The outcome is not known yet; ask again.', {
    metadata: { reservation_id: reservationId },
    retryAfterMs: 2_000,
    cause,
  });
}
