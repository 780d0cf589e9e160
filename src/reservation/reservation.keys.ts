import { LRUCache } from 'lru-cache';
import { concertPrefix, lineKeys } from '../queue/index.ts';

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

/** All that is to be known of the keys of one performance. */
interface KnownKeys {
  readonly concertId: string;
  readonly keys: PerformanceKeys;
  /** In the order in which every script takes them. */
  readonly list: readonly string[];
  readonly seatKeyPrefix: string;
}

/** By performance. Every hold takes them, so they are not made anew for each. */
const knownKeys = new LRUCache<string, KnownKeys>({ max: 1_000 });

function keysOf(concertId: string, performanceId: string): KnownKeys {
  const known = knownKeys.get(performanceId);
  if (known?.concertId === concertId) return known;
  const prefix = performancePrefix(concertId, performanceId);
  const keys: PerformanceKeys = {
    state: `${prefix}:state`,
    held: `${prefix}:held`,
    sold: `${prefix}:sold`,
    taken: `${prefix}:taken`,
    runs: `${prefix}:runs`,
    rows: `${prefix}:rows`,
    owners: `${prefix}:owners`,
  };
  const { state, held, sold, taken, runs, rows, owners } = keys;
  const list = [state, held, sold, taken, runs, rows, owners];
  const made = { concertId, keys, list, seatKeyPrefix: `${prefix}:seat:` };
  knownKeys.set(performanceId, made);
  return made;
}

/** The keys of a performance. */
export function performanceKeys(concertId: string, performanceId: string): PerformanceKeys {
  return keysOf(concertId, performanceId).keys;
}

/** The keys of a performance in the order in which every script takes them. */
export function performanceKeyList(concertId: string, performanceId: string): readonly string[] {
  return keysOf(concertId, performanceId).list;
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
  return keysOf(concertId, performanceId).seatKeyPrefix;
}

/** The key that is a hold on a seat: its value is the reservation, its expiry frees the seat. */
export function seatKey(concertId: string, performanceId: string, seatNumber: number): string {
  return `${seatKeyPrefix(concertId, performanceId)}${seatNumber}`;
}

/** Hash: a reservation. */
export function reservationKey(concertId: string, reservationId: string): string {
  return `${concertPrefix(concertId)}:reservation:${reservationId}`;
}

/**
 * Sorted set: the reservations of a user by the time of the hold.
 *
 * @param member the one that stands for the user
 */
export function userReservationsKey(concertId: string, member: string): string {
  return `${concertPrefix(concertId)}:reservations:${member}`;
}

/** Sorted set: reservations that are being paid, by their payment deadline. */
export function payingKey(concertId: string): string {
  return `${concertPrefix(concertId)}:paying`;
}

/**
 * String: what a call that changes a hold came to, by its idempotency key.
 *
 * @param member the one that stands for the user
 */
export function holdOutcomeKey(concertId: string, member: string, keyHash: string): string {
  return `${concertPrefix(concertId)}:hold-outcome:${member}:${keyHash}`;
}

/** Hash: the line, for scripts that write the stock into it. */
export function lineKey(concertId: string): string {
  return lineKeys(concertId).line;
}

function performancePrefix(concertId: string, performanceId: string): string {
  return `${concertPrefix(concertId)}:performance:${performanceId}`;
}
