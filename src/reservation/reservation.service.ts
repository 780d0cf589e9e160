import { createHash } from 'node:crypto';
import type { CatalogService, PerformanceTarget, PerformanceView } from '../catalog/index.ts';
import { NotAdmittedError, placeOf, type QueueService } from '../queue/index.ts';
import { storeUnavailable } from '../shared/domain-error.ts';
import { isUuid, type NewId } from '../shared/ids.ts';
import { cursorOf, pageOf, pageSizeOf, type Page, type PageRequest } from '../shared/page.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';
import { idempotencyKeyReused, tokenConcertMismatch } from '../shared/refusals.ts';
import type { LiveSeats } from './live-seats.ts';
import { nearestFreeSeats } from './nearest-seats.ts';
import type { Reservation } from './reservation.ts';
import {
  paymentInProgress,
  performancePast,
  reservationExists,
  reservationNotFound,
  reservationPaid,
  seatLimitExceeded,
  seatNotFound,
  seatTaken,
} from './reservation.errors.ts';
import type { HoldRequest, HoldResult, ReservationStore } from './reservation.store.ts';

/** What the use cases of a reservation stand on. */
export interface ReservationServiceDeps {
  readonly store: Pick<ReservationStore, 'hold' | 'read' | 'list' | 'release'>;
  readonly liveSeats: Pick<LiveSeats, 'load' | 'seatMap'>;
  readonly catalog: Pick<CatalogService, 'find'>;
  readonly queue: Pick<QueueService, 'position'>;
  readonly newId: NewId;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
}

/** Seats that a user wants to hold. */
export interface HoldSeatsInput {
  readonly claims: PlaceClaims;
  readonly target: PerformanceTarget;
  /** Each once. */
  readonly seatNumbers: readonly number[];
  readonly idempotencyKey: string | undefined;
}

/** The use cases of holding seats. */
export class ReservationService {
  readonly #deps: ReservationServiceDeps;

  constructor(deps: ReservationServiceDeps) {
    this.#deps = deps;
  }

  /**
   * Holds all of the seats or none, for a user who is admitted.
   *
   * @returns the reservation, and whether it is that of an earlier call with the same idempotency key
   * @throws PERFORMANCE_NOT_FOUND, CONCERT_NOT_FOUND, DATE_NOT_FOUND, DATE_AMBIGUOUS, TOKEN_CONCERT_MISMATCH,
   *   PERFORMANCE_PAST, SEAT_NOT_FOUND, NOT_ADMITTED, RESERVATION_EXISTS, SEAT_LIMIT_EXCEEDED, SEAT_TAKEN,
   *   IDEMPOTENCY_KEY_REUSED
   */
  async holdSeats(input: HoldSeatsInput): Promise<{ reservation: Reservation; replayed: boolean }> {
    const performance = await this.#deps.catalog.find(input.target);
    if (performance.concertId !== input.claims.concertId) throw tokenConcertMismatch();
    const request = this.#requestOf(input, performance);
    return this.#outcomeOf(await this.#hold(request), request, performance);
  }

  /**
   * Reads a reservation of the token's user.
   *
   * @throws RESERVATION_NOT_FOUND
   */
  async get(claims: PlaceClaims, reservationId: string): Promise<Reservation> {
    const reservation = await this.#deps.store.read(claims.concertId, reservationId);
    if (reservation?.userId !== claims.userId) throw reservationNotFound(reservationId);
    return reservation;
  }

  /**
   * Lists the reservations of the token's user for the token's concert, newest first.
   *
   * @throws INVALID_REQUEST naming `page_token`
   */
  async list(claims: PlaceClaims, request: PageRequest): Promise<Page<Reservation>> {
    const after = cursorOf(request, (text) => (isUuid(text) ? text : undefined));
    const pageSize = pageSizeOf(request);
    const found = await this.#deps.store.list(claims.concertId, claims.userId, after, pageSize + 1);
    return pageOf(found, pageSize, (last) => last.reservationId);
  }

  /**
   * Frees the seats of a reservation at once; releasing what has ended unpaid changes nothing.
   *
   * @throws RESERVATION_NOT_FOUND, RESERVATION_PAID, PAYMENT_IN_PROGRESS
   */
  async release(claims: PlaceClaims, reservationId: string): Promise<Reservation> {
    const reservation = await this.get(claims, reservationId);
    const result = await this.#deps.store.release(reservation);
    switch (result.kind) {
      case 'released':
        return result.reservation;
      case 'not-found':
        throw reservationNotFound(reservationId);
      case 'paid':
        throw reservationPaid(reservationId);
      case 'paying':
        throw paymentInProgress(reservationId);
    }
  }

  #requestOf(input: HoldSeatsInput, performance: PerformanceView): HoldRequest {
    const numbers = input.seatNumbers.toSorted((a, b) => a - b);
    const seats = numbers.map((number) => performance.seats[number - 1] ?? number);
    const missing = seats.filter((seat) => typeof seat === 'number');
    if (missing.length > 0) throw seatNotFound(missing);
    return {
      claims: input.claims,
      reservationId: this.#deps.newId(),
      performanceId: performance.performanceId,
      startsAtMs: performance.startsAt.getTime(),
      seats: seats.filter((seat) => typeof seat !== 'number'),
      currencyCode: performance.currencyCode,
      seatsPerUser: performance.seatsPerUser,
      idempotency: idempotencyOf(input.idempotencyKey, `${performance.performanceId} ${numbers.join(',')}`),
    };
  }

  /** Holds; where Redis lacks the line, the place or the map, brings it back first and holds then. */
  async #hold(request: HoldRequest): Promise<HoldResult> {
    let result = await this.#deps.store.hold(request);
    if (result.kind === 'line-missing' || result.kind === 'place-lost') {
      await this.#deps.queue.position(request.claims);
      result = await this.#deps.store.hold(request);
    }
    if (result.kind === 'map-missing') {
      await this.#deps.liveSeats.load(request.claims.concertId, request.performanceId);
      result = await this.#deps.store.hold(request);
    }
    return result;
  }

  async #outcomeOf(
    result: HoldResult,
    request: HoldRequest,
    performance: PerformanceView,
  ): Promise<{ reservation: Reservation; replayed: boolean }> {
    switch (result.kind) {
      case 'held':
        return { reservation: result.reservation, replayed: false };
      case 'replayed':
        return { reservation: await this.get(request.claims, result.reservationId), replayed: true };
      case 'key-reused':
        throw idempotencyKeyReused();
      case 'past':
        throw performancePast(performance.startsAt);
      case 'not-admitted':
        throw new NotAdmittedError(placeOf(result.place, this.#deps.random()));
      case 'reservation-exists':
        throw reservationExists(result.reservationId);
      case 'seat-limit':
        throw seatLimitExceeded(request.seatsPerUser, result.owned);
      case 'seat-taken': {
        const { held, sold } = await this.#deps.liveSeats.seatMap(performance.concertId, performance.performanceId);
        const isTaken = (number: number) => held.has(number) || sold.has(number);
        throw seatTaken(result.seatNumbers, nearestFreeSeats(result.seatNumbers, performance.seatCount, isTaken));
      }
      case 'line-missing':
      case 'place-lost':
      case 'map-missing':
        throw storeUnavailable(new Error(`${result.kind} right after it was brought back`));
    }
  }
}

function idempotencyOf(key: string | undefined, request: string): HoldRequest['idempotency'] {
  if (key === undefined) return undefined;
  const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);
  return { keyHash: hash(key), requestHash: hash(request) };
}
