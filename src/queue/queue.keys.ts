import { LRUCache } from 'lru-cache';
import { compactUuid } from '../shared/ids.ts';

/**
 * The keys of a concert's line, in the order in which every script of the line takes them as KEYS[1] to KEYS[10]. They
 * share the hash tag of the concert, so that a script touches one slot of a Redis Cluster.
 */
export interface LineKeys {
  /** Hash: the counter, the epoch, the times, the policy, the token bucket, the stock. */
  readonly line: string;
  /** Hash: user → number, for places that have not ended. */
  readonly places: string;
  /** Sorted set: user by number, those who wait. */
  readonly waiting: string;
  /** Sorted set: user by the time of the last sign of life, those who wait. */
  readonly seen: string;
  /** Sorted set: user by the time since when they are set aside. */
  readonly away: string;
  /** Sorted set: user by the end of the admission. */
  readonly admitted: string;
  /** Hash: user → reservation|end of the hold|end of the admission without it. */
  readonly holders: string;
  /** Sorted set: ordinal:letter of the ended state, by the time of the end; and users whose place ended while it recovers. */
  readonly ended: string;
  /** Stream: what happened to which number, until it is moved to Postgres. */
  readonly log: string;
  /** Sorted set: user by the end of the live hold, judged by the time. */
  readonly holding: string;
}

/** Every key of a concert begins with this. The braces are the hash tag. */
export function concertPrefix(concertId: string): string {
  return `frontrow:{${concertId}}`;
}

/** The keys of a concert's line. */
export function lineKeys(concertId: string): LineKeys {
  const prefix = concertPrefix(concertId);
  return {
    line: `${prefix}:line`,
    places: `${prefix}:places`,
    waiting: `${prefix}:waiting`,
    seen: `${prefix}:seen`,
    away: `${prefix}:away`,
    admitted: `${prefix}:admitted`,
    holders: `${prefix}:holders`,
    ended: `${prefix}:ended`,
    log: `${prefix}:log`,
    holding: `${prefix}:holding`,
  };
}

/** Every call for a place takes them, so they are not made anew for each. */
const keyLists = new LRUCache<string, readonly string[]>({ max: 1_000 });

/** The keys of a line as the scripts take them. */
export function lineKeyList(concertId: string): readonly string[] {
  const known = keyLists.get(concertId);
  if (known) return known;
  const keys = lineKeys(concertId);
  const list = [
    keys.line,
    keys.places,
    keys.waiting,
    keys.seen,
    keys.away,
    keys.admitted,
    keys.holders,
    keys.ended,
    keys.log,
    keys.holding,
  ];
  keyLists.set(concertId, list);
  return list;
}

/** String: who opens the line at the moment. */
export function openingKey(concertId: string): string {
  return `${concertPrefix(concertId)}:opening`;
}

/**
 * The channel on which a line says what happened to it: `moved` where somebody was admitted, set aside or left,
 * `stock:<free seats>` where the concert sold out or a seat came back.
 */
export function lineChannel(concertId: string): string {
  return `${concertPrefix(concertId)}:moved`;
}

/** The free seats that a message of a line's channel tells of; undefined where it tells of something else. */
export function freeSeatsOf(message: string): number | undefined {
  const count = /^stock:(\d+)$/.exec(message)?.[1];
  return count === undefined ? undefined : Number(count);
}

/** Set: the concerts whose line is open; every instance advances each of them. */
export const OPEN_LINES_KEY = 'frontrow:open-lines';

/** The member that stands for a user in the sets of a line. */
export function userMember(userId: string): string {
  return compactUuid(userId);
}
