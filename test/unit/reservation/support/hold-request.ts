import type { HoldRequest } from '../../../../src/reservation/hold.store.ts';
import { claimsWith, NOW_MS, PERFORMANCE_ID, RESERVATION_ID } from '../../support/builders.ts';

/** A request with an idempotency key for a hold of a concert's only performance, but for what is given. */
export function holdRequestWith(given: Partial<HoldRequest> = {}): HoldRequest {
  return {
    claims: claimsWith(),
    reservationId: RESERVATION_ID,
    performanceId: PERFORMANCE_ID,
    performanceIds: [PERFORMANCE_ID],
    startsAtMs: NOW_MS + 60_000,
    saleOpensAtMs: NOW_MS - 60_000,
    currencyCode: 'KRW',
    seatsPerUser: 4,
    seatsPerUserAndPerformance: 3,
    replaced: undefined,
    idempotency: { keyHash: 'key', requestHash: 'request' },
    ...given,
  };
}
