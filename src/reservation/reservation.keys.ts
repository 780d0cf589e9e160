import { concertPrefix, lineKeys, userMember } from '../queue/index.ts';

/** The keys of one performance's live seat state. */
export interface PerformanceKeys {
  /** Hash: ready (1 once the sold seats were loaded from Postgres), version. */
  readonly state: string;
  /** Sorted set: seat number by the end of its hold. Judged by the time, never by the last clean-up. */
  readonly held: string;
  /** Set: seat numbers sold. */
  readonly sold: string;
}

/** The keys of a performance. */
export function performanceKeys(concertId: string, performanceId: string): PerformanceKeys {
  const prefix = `${concertPrefix(concertId)}:performance:${performanceId}`;
  return { state: `${prefix}:state`, held: `${prefix}:held`, sold: `${prefix}:sold` };
}

/** The key that is a hold on a seat: its value is the reservation, its expiry frees the seat. */
export function seatKey(concertId: string, performanceId: string, seatNumber: number): string {
  return `${concertPrefix(concertId)}:performance:${performanceId}:seat:${seatNumber}`;
}

/** Hash: a reservation. */
export function reservationKey(concertId: string, reservationId: string): string {
  return `${concertPrefix(concertId)}:reservation:${reservationId}`;
}

/** Sorted set: the reservations of a user by the time of the hold. */
export function userReservationsKey(concertId: string, userId: string): string {
  return `${concertPrefix(concertId)}:reservations:${userMember(userId)}`;
}

/** Hash: user → how many seats of the concert the user owns. */
export function ownedKey(concertId: string): string {
  return `${concertPrefix(concertId)}:owned`;
}

/** Sorted set: reservations that are being paid, by their payment deadline. */
export function payingKey(concertId: string): string {
  return `${concertPrefix(concertId)}:paying`;
}

/** String: what a HoldSeats call with this idempotency key came to. */
export function holdOutcomeKey(concertId: string, userId: string, keyHash: string): string {
  return `${concertPrefix(concertId)}:hold-outcome:${userMember(userId)}:${keyHash}`;
}

/** Hash: the line, for scripts that write the stock into it. */
export function lineKey(concertId: string): string {
  return lineKeys(concertId).line;
}
