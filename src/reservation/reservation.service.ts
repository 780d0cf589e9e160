import { createHash } from 'node:crypto';
import {
  sectionNotFound,
  type CatalogService,
  type PerformanceTarget,
  type PerformanceView,
} from '../catalog/index.ts';
import type { QueueService } from '../queue/index.ts';
import { isUuid, type NewId } from '../shared/ids.ts';
import { cursorOf, pageOf, pageSizeOf, type Page, type PageRequest } from '../shared/page.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';
import { idempotencyKeyReused, tokenConcertMismatch } from '../shared/refusals.ts';
import { hallOf } from './hall.ts';
import { refusalOfHold } from './hold-refusal.ts';
import type { HoldRequest, HoldResult, HoldStore, KeyedRequest, Wanted } from './hold.store.ts';
import type { LiveSeats } from './live-seats.ts';
import type { Reservation } from './reservation.ts';
import {
  extensionUsed,
  holdExpired,
  paymentInProgress,
  performanceCanceled,
  performancePast,
  reservationNotFound,
  reservationPaid,
  reservationReleased,
  seatNotFound,
} from './reservation.errors.ts';
import type { ReservationStore } from './reservation.store.ts';

/** What the use cases of a reservation stand on. */
export interface ReservationServiceDeps {
  readonly holds: Pick<HoldStore, 'hold' | 'holdBest'>;
  readonly store: Pick<ReservationStore, 'read' | 'list' | 'release' | 'extend'>;
  readonly liveSeats: Pick<LiveSeats, 'load' | 'seatMap'>;
  readonly catalog: Pick<CatalogService, 'find'>;
  readonly queue: Pick<QueueService, 'position'>;
  readonly newId: NewId;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
}

/** The best seats that are free, side by side. */
export interface BestWanted {
  readonly count: number;
  /** The section's name; undefined is any. */
  readonly section: string | undefined;
}

/** Seats that a user wants to hold. */
export interface HoldSeatsInput {
  readonly claims: PlaceClaims;
  readonly target: PerformanceTarget;
  /** The seats' numbers, each once, or how many of the best. */
  readonly wanted: readonly number[] | BestWanted;
  /** The live reservation of the place that the new one takes the place of. */
  readonly replaceReservationId: string | undefined;
  readonly idempotencyKey: string | undefined;
}

/** A reservation, and whether an earlier call with the same idempotency key made it. */
export interface ReservationOutcome {
  readonly reservation: Reservation;
  readonly replayed: boolean;
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
   * @throws PERFORMANCE_NOT_FOUND, CONCERT_NOT_FOUND, DATE_NOT_FOUND, DATE_AMBIGUOUS, TOKEN_CONCERT_MISMATCH,
   *   SALE_NOT_OPEN, PERFORMANCE_PAST, PERFORMANCE_CANCELED, SEAT_NOT_FOUND, SECTION_NOT_FOUND, NOT_ADMITTED, RESERVATION_EXISTS,
   *   SEAT_LIMIT_EXCEEDED, SEAT_TAKEN, NO_ADJACENT_SEATS, IDEMPOTENCY_KEY_REUSED; for the reservation that is replaced
   *   RESERVATION_NOT_FOUND, RESERVATION_RELEASED, RESERVATION_PAID, HOLD_EXPIRED, PAYMENT_IN_PROGRESS
   */
  async holdSeats(input: HoldSeatsInput): Promise<ReservationOutcome> {
    const { catalog, liveSeats } = this.#deps;
    const { claims, replaceReservationId } = input;
    const performance = await catalog.find(input.target);
    if (performance.concertId !== claims.concertId) throw tokenConcertMismatch();
    const wanted = isBest(input.wanted) ? bestOf(performance, input.wanted) : seatsOf(performance, input.wanted);
    const replaced = replaceReservationId === undefined ? undefined : await this.get(claims, replaceReservationId);
    const request = this.#requestOf(input, performance, replaced);
    const result = await this.#hold(request, wanted);
    if (result.kind === 'held') return { reservation: result.reservation, replayed: false };
    if (result.kind === 'replayed') {
      return { reservation: await this.get(claims, result.reservationId), replayed: true };
    }
    const seatMap = () => liveSeats.seatMap(performance.concertId, performance.performanceId);
    throw await refusalOfHold(result, { request, wanted, performance, seatMap, jitter: this.#deps.random() });
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

  /**
   * Gives a hold more time, once.
   *
   * @throws RESERVATION_NOT_FOUND, RESERVATION_RELEASED, RESERVATION_PAID, HOLD_EXPIRED, PAYMENT_IN_PROGRESS,
   *   EXTENSION_USED, PERFORMANCE_PAST, PERFORMANCE_CANCELED, IDEMPOTENCY_KEY_REUSED
   */
  async extend(
    claims: PlaceClaims,
    reservationId: string,
    idempotencyKey: string | undefined,
  ): Promise<ReservationOutcome> {
    const reservation = await this.get(claims, reservationId);
    const { startsAt } = await this.#deps.catalog.find({ performanceId: reservation.performanceId });
    const keyed = keyedRequest('extend', idempotencyKey, () => reservationId);
    const result = await this.#deps.store.extend(reservation, startsAt.getTime(), keyed);
    switch (result.kind) {
      case 'extended':
      case 'replayed':
        return { reservation: result.reservation, replayed: result.kind === 'replayed' };
      case 'not-found':
        throw reservationNotFound(reservationId);
      case 'released':
        throw reservationReleased(reservationId);
      case 'expired':
        throw holdExpired(reservationId);
      case 'paid':
        throw reservationPaid(reservationId);
      case 'paying':
        throw paymentInProgress(reservationId);
      case 'extended-before':
        throw extensionUsed(reservationId);
      case 'key-reused':
        throw idempotencyKeyReused();
      case 'past':
        throw performancePast(startsAt);
      case 'canceled':
        throw performanceCanceled(reservation.performanceId);
    }
  }

  #requestOf(input: HoldSeatsInput, performance: PerformanceView, replaced: Reservation | undefined): HoldRequest {
    const { claims, wanted, replaceReservationId } = input;
    const { performanceId } = performance;
    // The same seats in another order are the same request.
    const asked = () => (isBest(wanted) ? [wanted.count, wanted.section ?? ''] : [wanted.toSorted((a, b) => a - b)]);
    const text = () => JSON.stringify([performanceId, replaceReservationId ?? '', ...asked()]);
    return {
      claims,
      reservationId: this.#deps.newId(),
      performanceId,
      performanceIds: performance.performanceIdsOfConcert,
      startsAtMs: performance.startsAt.getTime(),
      saleOpensAtMs: performance.saleOpensAt.getTime(),
      currencyCode: performance.currencyCode,
      seatsPerUser: performance.seatsPerUser,
      seatsPerUserAndPerformance: performance.seatsPerUserAndPerformance,
      replaced,
      idempotency: keyedRequest('hold', input.idempotencyKey, text),
    };
  }

  /** Holds; where Redis lacks the line, the place or a map of the concert, brings it back first and holds then. */
  async #hold(request: HoldRequest, wanted: Wanted): Promise<HoldResult> {
    const { holds, queue, liveSeats } = this.#deps;
    const hold = () => ('count' in wanted ? holds.holdBest(request, wanted) : holds.hold(request, wanted.seats));
    let result = await hold();
    if (result.kind === 'line-missing' || result.kind === 'place-lost') {
      await queue.position(request.claims);
      result = await hold();
    }
    if (result.kind === 'map-missing') {
      const { concertId } = request.claims;
      await Promise.all(request.performanceIds.map((performanceId) => liveSeats.load(concertId, performanceId)));
      result = await hold();
    }
    return result;
  }
}

function isBest(wanted: HoldSeatsInput['wanted']): wanted is BestWanted {
  return 'count' in wanted;
}

function seatsOf({ seats: all }: PerformanceView, seatNumbers: readonly number[]): Wanted {
  const numbers = seatNumbers.toSorted((a, b) => a - b);
  const seats = numbers.map((number) => all[number - 1] ?? number);
  const missing = seats.filter((seat) => typeof seat === 'number');
  if (missing.length > 0) throw seatNotFound(missing);
  return { seats: seats.filter((seat) => typeof seat !== 'number') };
}

function bestOf(performance: PerformanceView, { count, section }: BestWanted): Wanted {
  const { sections } = hallOf(performance);
  if (section === undefined) return { count, sections: [...sections.values()] };
  const rows = sections.get(section);
  if (!rows) throw sectionNotFound(section);
  return { count, sections: [rows] };
}

/** The key is scoped to the call: the same key may stand for a hold and for its extension. */
function keyedRequest(
  call: 'hold' | 'extend',
  key: string | undefined,
  request: () => string,
): KeyedRequest | undefined {
  if (key === undefined) return undefined;
  const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);
  return { keyHash: hash(`${call} ${key}`), requestHash: hash(request()) };
}
