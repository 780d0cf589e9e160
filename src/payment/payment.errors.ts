import { DomainError } from '../shared/domain-error.ts';

/** The user has no such payment. */
export function paymentNotFound(paymentId: string): DomainError {
  return new DomainError('PAYMENT_NOT_FOUND', 'There is no such payment.', { metadata: { payment_id: paymentId } });
}

/** The performance was not canceled. */
export function cancellationNotFound(performanceId: string): DomainError {
  return new DomainError('CANCELLATION_NOT_FOUND', 'The performance was not canceled.', {
    metadata: { performance_id: performanceId },
  });
}

/** The payment has no such tickets. */
export function ticketNotFound(ticketIds: readonly string[]): DomainError {
  return new DomainError('TICKET_NOT_FOUND', 'The payment has no such ticket.', {
    metadata: { ticket_ids: ticketIds.join(',') },
  });
}

/**
 * Tickets are refunded once; nothing was refunded by this call.
 *
 * @param ticketIds those that were refunded before; of a payment that has no valid ticket left, all of them
 */
export function ticketAlreadyRefunded(ticketIds: readonly string[]): DomainError {
  return new DomainError('TICKET_ALREADY_REFUNDED', 'Refunded before. Nothing was refunded by this call.', {
    metadata: { ticket_ids: ticketIds.join(',') },
  });
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
