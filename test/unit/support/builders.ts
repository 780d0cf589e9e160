import { seatsOf, STANDARD_LAYOUT } from '../../../src/catalog/layout.ts';
import type { PerformanceView } from '../../../src/catalog/index.ts';
import type { AdmissionPolicy } from '../../../src/queue/admission-policy.ts';
import type { PlaceSnapshot } from '../../../src/queue/place.ts';
import type { Reservation } from '../../../src/reservation/reservation.ts';
import type { PlaceClaims } from '../../../src/shared/place-claims.ts';

export const USER_ID = '0b9b1f7e-5f5c-4d0a-9a39-3f7f5f2d1c11';
export const OTHER_USER_ID = '0b9b1f7e-5f5c-4d0a-9a39-3f7f5f2d1c22';
export const CONCERT_ID = '5a1c0d1e-0000-4000-8000-000000000001';
export const OTHER_CONCERT_ID = '5a1c0d1e-0000-4000-8000-000000000002';
export const PERFORMANCE_ID = '7c2d0000-0000-4000-8000-000000000001';
export const RESERVATION_ID = '8d3e0000-0000-4000-8000-000000000001';
export const PAYMENT_ID = '9e4f0000-0000-4000-8000-000000000001';

/** The present moment of tests that need one. */
export const NOW_MS = Date.parse('2027-03-01T10:00:00Z');

/** The claims of a token, but for what is given. */
export function claimsWith(given: Partial<PlaceClaims> = {}): PlaceClaims {
  return { userId: USER_ID, concertId: CONCERT_ID, epoch: 1, number: 17, ...given };
}

/** A place that waits as the fifth, but for what is given. */
export function snapshotWith(given: Partial<PlaceSnapshot> = {}): PlaceSnapshot {
  return {
    ...claimsWith(),
    state: 'WAITING',
    position: 5,
    admissionEndsAtMs: 0,
    asOfMs: NOW_MS,
    seatsFree: 50,
    placesPerSecond: 10,
    firstRoom: undefined,
    recovering: false,
    awayAfterMs: 120_000,
    ...given,
  };
}

/** A place that is admitted for ten more minutes, but for what is given. */
export function admittedWith(given: Partial<PlaceSnapshot> = {}): PlaceSnapshot {
  return snapshotWith({ state: 'ADMITTED', position: 0, admissionEndsAtMs: NOW_MS + 600_000, ...given });
}

/** An admission policy, but for what is given. */
export function policyWith(given: Partial<AdmissionPolicy> = {}): AdmissionPolicy {
  return {
    mode: 'OPEN',
    capacity: 100,
    ratePerSecond: 10,
    burst: 20,
    admissionTtlMs: 600_000,
    awayAfterMs: 120_000,
    awayTtlMs: 900_000,
    seatHeadroomPercent: 100,
    revision: 0,
    ...given,
  };
}

/** A performance of 50 seats that begins tomorrow, but for what is given. */
export function performanceWith(given: Partial<PerformanceView> = {}): PerformanceView {
  return {
    performanceId: PERFORMANCE_ID,
    concertId: CONCERT_ID,
    performanceIdsOfConcert: [PERFORMANCE_ID],
    date: '2027-03-02',
    startsAt: new Date(NOW_MS + 86_400_000),
    seatCount: 50,
    priceFrom: 50_000n,
    currencyCode: 'KRW',
    seatsPerUser: 4,
    seatsPerUserAndPerformance: 4,
    saleOpensAt: new Date(NOW_MS - 3_600_000),
    canceledAt: undefined,
    revision: 1,
    layout: STANDARD_LAYOUT,
    seats: seatsOf(STANDARD_LAYOUT),
    ...given,
  };
}

/** A hold on the seats 7 and 8 with four more minutes, but for what is given. */
export function reservationWith(given: Partial<Reservation> = {}): Reservation {
  return {
    reservationId: RESERVATION_ID,
    userId: USER_ID,
    concertId: CONCERT_ID,
    performanceId: PERFORMANCE_ID,
    state: 'HELD',
    seats: [
      { number: 7, price: 50_000n },
      { number: 8, price: 60_000n },
    ],
    currencyCode: 'KRW',
    createdAtMs: NOW_MS - 60_000,
    expiresAtMs: NOW_MS + 240_000,
    placeNumber: 17,
    placeEpoch: 1,
    paymentDeadlineMs: 0,
    endReason: undefined,
    extended: false,
    asOfMs: NOW_MS,
    ...given,
  };
}

/** The same hold while it is paid, but for what is given. */
export function payingWith(given: Partial<Reservation> = {}): Reservation {
  return reservationWith({ state: 'PAYING', paymentDeadlineMs: NOW_MS + 10_000, ...given });
}
