import { LRUCache } from 'lru-cache';
import { concertPrefix, lineKeys, userMember } from '../queue/index.ts';

/** The keys of one performance's live seat state. */
export interface PerformanceKeys {
  /** Hash: ready (the run of the server in which the map was made whole), version, canceled. */
  readonly state: string;
  /** Sorted set: seat number by the end of its hold. Judged by the time, never by the last clean-up. */
  readonly held: string;
  /** Bit for each seat that is sold, at its number. */
  readonly sold: string;
  /** Bit for each seat that is held or sold, at its number. */
  readonly taken: string;
  /** Byte for each row: how many free seats stand side by side in it at most. */
  readonly runs: string;
  /** Two bytes for each row: its first seat. */
  readonly rows: string;
  /**
   * Hash: user → how many seats of the performance the user owns; ready, as in state; whose sale each sold seat is, and which
   * sales were refunded: see lua/includes/sales.lua.
   */
  readonly owners: string;
}

/** Every hold takes them, so they are not made anew for each. */
const knownKeys = new LRUCache<string, PerformanceKeys>({ max: 1_000 });

/** The keys of a performance. */
export function performanceKeys(concertId: string, performanceId: string): PerformanceKeys {
  const prefix = performancePrefix(concertId, performanceId);
  const known = knownKeys.get(prefix);
  if (known) return known;
  const keys = {
    state: `${prefix}:state`,
    held: `${prefix}:held`,
    sold: `${prefix}:sold`,
    taken: `${prefix}:taken`,
    runs: `${prefix}:runs`,
    rows: `${prefix}:rows`,
    owners: `${prefix}:owners`,
  };
  knownKeys.set(prefix, keys);
  return keys;
}

/** The keys of a performance in the order in which every script takes them. */
export function performanceKeyList(concertId: string, performanceId: string): readonly string[] {
  const { state, held, sold, taken, runs, rows, owners } = performanceKeys(concertId, performanceId);
  return [state, held, sold, taken, runs, rows, owners];
}

/** String: who rebuilds the map of a performance. */
export function rebuildClaimKey(concertId: string, performanceId: string): string {
  return `${performancePrefix(concertId, performanceId)}:rebuild`;
}

/** The channel on which the changes of a performance's map are told: see seat-changes.ts. */
export function changesChannel(concertId: string, performanceId: string): string {
  return `${performancePrefix(concertId, performanceId)}:changes`;
}

/** What the key of a seat is before its number. */
export function seatKeyPrefix(concertId: string, performanceId: string): string {
  return `${performancePrefix(concertId, performanceId)}:seat:`;
}

/** The key that is a hold on a seat: its value is the reservation, its expiry frees the seat. */
export function seatKey(concertId: string, performanceId: string, seatNumber: number): string {
  return `${seatKeyPrefix(concertId, performanceId)}${seatNumber}`;
}

/** Hash: a reservation. */
export function reservationKey(concertId: string, reservationId: string): string {
  return `${concertPrefix(concertId)}:reservation:${reservationId}`;
}

/** Sorted set: the reservations of a user by the time of the hold. */
export function userReservationsKey(concertId: string, userId: string): string {
  return `${concertPrefix(concertId)}:reservations:${userMember(userId)}`;
}

/** Sorted set: reservations that are being paid, by their payment deadline. */
export function payingKey(concertId: string): string {
  return `${concertPrefix(concertId)}:paying`;
}

/** String: what a call that changes a hold came to, by its idempotency key. */
export function holdOutcomeKey(concertId: string, userId: string, keyHash: string): string {
  return `${concertPrefix(concertId)}:hold-outcome:${userMember(userId)}:${keyHash}`;
}

/** Hash: the line, for scripts that write the stock into it. */
export function lineKey(concertId: string): string {
  return lineKeys(concertId).line;
}

function performancePrefix(concertId: string, performanceId: string): string {
  return `${concertPrefix(concertId)}:performance:${performanceId}`;
}
