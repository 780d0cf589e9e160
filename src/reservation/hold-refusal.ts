import { saleNotOpen, type PerformanceView, type SeatMap } from '../catalog/index.ts';
import { NotAdmittedError, placeOf } from '../queue/index.ts';
import { storeUnavailable, type DomainError } from '../shared/domain-error.ts';
import { idempotencyKeyReused } from '../shared/refusals.ts';
import type { HoldRequest, HoldResult, Wanted } from './hold.store.ts';
import { nearestFreeSeats } from './nearest-seats.ts';
import type { Reservation } from './reservation.ts';
import {
  holdExpired,
  noAdjacentSeats,
  paymentInProgress,
  performanceCanceled,
  performancePast,
  reservationExists,
  reservationNotFound,
  reservationPaid,
  reservationReleased,
  seatLimitExceeded,
  seatTaken,
} from './reservation.errors.ts';

/** What a refusal has to know of the call. */
export interface RefusedHold {
  readonly request: HoldRequest;
  readonly wanted: Wanted;
  readonly performance: PerformanceView;
  /** Reads the map, for hints. */
  readonly seatMap: () => Promise<SeatMap>;
  /** A number in [0, 1). */
  readonly jitter: number;
}

/** Says why nothing was held, to the caller. */
export async function refusalOfHold(
  result: Exclude<HoldResult, { kind: 'held' | 'replayed' }>,
  { request, wanted, performance, seatMap, jitter }: RefusedHold,
): Promise<DomainError> {
  switch (result.kind) {
    case 'key-reused':
      return idempotencyKeyReused();
    case 'past':
      return performancePast(performance.startsAt);
    case 'canceled':
      return performanceCanceled(performance.performanceId);
    case 'sale-not-open':
      return saleNotOpen(performance.saleOpensAt, result.asOfMs);
    case 'not-admitted':
      return new NotAdmittedError(placeOf(result.place, jitter));
    case 'reservation-exists':
      return reservationExists(result.reservationId);
    case 'replaced-not-live':
    case 'replaced-paying':
      return refusalOfReplaced(request.replaced, result.kind);
    case 'seat-limit':
      return limitRefusal(result, request, wanted);
    case 'seat-taken': {
      const map = await seatMap();
      const isTaken = (number: number) => map.stateOf(number) !== 'AVAILABLE';
      return seatTaken(result.seatNumbers, nearestFreeSeats(result.seatNumbers, performance.seatCount, isTaken));
    }
    case 'none-adjacent':
      return noAdjacentSeats(countOf(wanted), result.seatsFree, result.longestRun);
    case 'line-missing':
    case 'place-lost':
    case 'map-missing':
      return storeUnavailable(new Error(`${result.kind} right after it was brought back`));
  }
}

function countOf(wanted: Wanted): number {
  return 'count' in wanted ? wanted.count : wanted.seats.length;
}

function limitRefusal(
  { owned, ownedOfPerformance }: Extract<HoldResult, { kind: 'seat-limit' }>,
  { seatsPerUser, seatsPerUserAndPerformance }: HoldRequest,
  wanted: Wanted,
): DomainError {
  if (owned + countOf(wanted) > seatsPerUser) return seatLimitExceeded(seatsPerUser, owned, 'concert');
  return seatLimitExceeded(seatsPerUserAndPerformance, ownedOfPerformance, 'performance');
}

/** As it was read before the step; what became of one that was HELD then is that it ran out. */
function refusalOfReplaced(
  replaced: Reservation | undefined,
  kind: 'replaced-not-live' | 'replaced-paying',
): DomainError {
  const { reservationId = '', state } = replaced ?? {};
  if (kind === 'replaced-paying') return paymentInProgress(reservationId);
  if (state === 'RELEASED') return reservationReleased(reservationId);
  if (state === 'PAID') return reservationPaid(reservationId);
  return state === undefined ? reservationNotFound(reservationId) : holdExpired(reservationId);
}
