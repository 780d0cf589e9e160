import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { listOf, LuaScript, numberOf, textOf, type LuaReply } from '../infrastructure/redis/lua-script.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';
import type { AdmissionPolicy } from './admission-policy.ts';
import { isPlaceState, type PlaceSnapshot } from './place.ts';
import { lineChannel, lineKeyList, lineKeys, OPEN_LINES_KEY, userMember } from './queue.keys.ts';

/** What asking for a place came to. */
export type JoinResult =
  | { readonly kind: 'joined'; readonly place: PlaceSnapshot }
  | { readonly kind: 'line-missing' }
  | { readonly kind: 'not-open'; readonly opensAtMs: number; readonly nowMs: number }
  | { readonly kind: 'draining' };

/** What leaving came to. */
export type LeaveResult =
  | { readonly kind: 'left'; readonly place: PlaceSnapshot }
  | { readonly kind: 'line-missing' }
  | { readonly kind: 'hold-active'; readonly reservationId: string };

/** A line as it is opened in Redis. */
export interface LineOpening {
  readonly epoch: number;
  readonly queueOpensAtMs: number;
  readonly saleOpensAtMs: number;
  readonly policy: AdmissionPolicy;
}

/** What one advance of a line did. */
export interface Advance {
  readonly admitted: number;
  readonly setAside: number;
  readonly ended: number;
  /** More is due at once than one run does. */
  readonly more: boolean;
}

/** Counts of a line. */
export interface LineCounts {
  readonly waiting: number;
  readonly away: number;
  readonly admitted: number;
  readonly lastNumber: number;
  readonly admissionsPerSecond: number;
  readonly seatsFree: number | undefined;
  readonly epoch: number;
}

const script = (name: string) => new LuaScript(join(import.meta.dirname, 'lua', `${name}.lua`));
const SCRIPTS = {
  open: script('open-line-9'),
  setPolicy: script('set-policy-1'),
  join: script('join-line-9'),
  read: script('read-place-9'),
  leave: script('leave-line-9'),
  advance: script('advance-line-9'),
  count: script('count-line-9'),
  expire: script('expire-line-9'),
};

/** The most places one advance touches: a run stays within a few milliseconds. */
const ADVANCE_LIMIT = 500;

/** The lines of all concerts in Redis. Every method is one atomic step. */
export class QueueStore {
  readonly #redis: Redis;
  readonly #endedRetentionMs: number;

  /**
   * @param endedRetentionMs for how long the end of a place stays readable: at least as long as a token is valid
   */
  constructor(redis: Redis, endedRetentionMs: number) {
    this.#redis = redis;
    this.#endedRetentionMs = endedRetentionMs;
  }

  /** Opens the line where Redis does not have it; does nothing where it does. */
  async open(concertId: string, opening: LineOpening): Promise<void> {
    const { policy } = opening;
    const args = [opening.epoch, opening.queueOpensAtMs, opening.saleOpensAtMs, ...policyArgs(policy)];
    // Listed first: a process that dies in between leaves a listed line that is missing, which whoever comes next opens,
    // and never an open line that nobody advances.
    await this.#redis.sadd(OPEN_LINES_KEY, concertId);
    await SCRIPTS.open.run(this.#redis, lineKeyList(concertId), args);
  }

  /** Puts a policy in force unless a later one is; a line that is not open takes it when it opens. */
  async setPolicy(concertId: string, policy: AdmissionPolicy): Promise<void> {
    await SCRIPTS.setPolicy.run(this.#redis, [lineKeys(concertId).line], policyArgs(policy));
  }

  /** Gives the user a place at the end, or the place the user has, and counts as being seen. */
  async join(concertId: string, userId: string): Promise<JoinResult> {
    const reply = listOf(await SCRIPTS.join.run(this.#redis, lineKeyList(concertId), [userMember(userId)]));
    switch (numberOf(reply[0])) {
      case 1:
        return { kind: 'joined', place: snapshotOf(concertId, userId, reply[1]) };
      case -1:
        return { kind: 'line-missing' };
      case -2:
        return { kind: 'not-open', opensAtMs: numberOf(reply[1]), nowMs: numberOf(reply[2]) };
      case -3:
        return { kind: 'draining' };
      default:
        throw new TypeError('join-line answered with an unknown code');
    }
  }

  /**
   * Reads places of one line in one step.
   *
   * @param touch whether asking counts as being seen
   * @returns in the order of the claims, or undefined where Redis does not have the line
   */
  async read(
    concertId: string,
    claims: readonly PlaceClaims[],
    touch: boolean,
  ): Promise<readonly PlaceSnapshot[] | undefined> {
    const args = claims.flatMap((claim) => [userMember(claim.userId), claim.number, claim.epoch]);
    const reply = listOf(await SCRIPTS.read.run(this.#redis, lineKeyList(concertId), [touch ? '1' : '0', ...args]));
    if (numberOf(reply[0]) !== 1) return undefined;
    return claims.map((claim, index) => snapshotOf(concertId, claim.userId, reply[index + 1]));
  }

  /** Gives a place up; an ended place stays as it is. */
  async leave(claims: PlaceClaims): Promise<LeaveResult> {
    const args = [userMember(claims.userId), claims.number, claims.epoch];
    const reply = listOf(await SCRIPTS.leave.run(this.#redis, lineKeyList(claims.concertId), args));
    switch (numberOf(reply[0])) {
      case 1:
        return { kind: 'left', place: snapshotOf(claims.concertId, claims.userId, reply[1]) };
      case -1:
        return { kind: 'line-missing' };
      case -4:
        return { kind: 'hold-active', reservationId: textOf(reply[1]) };
      default:
        throw new TypeError('leave-line answered with an unknown code');
    }
  }

  /** Moves the line on once; undefined where Redis does not have the line. */
  async advance(concertId: string): Promise<Advance | undefined> {
    const args = [ADVANCE_LIMIT, this.#endedRetentionMs];
    const reply = listOf(await SCRIPTS.advance.run(this.#redis, lineKeyList(concertId), args));
    if (numberOf(reply[0]) !== 1) return undefined;
    return {
      admitted: numberOf(reply[1]),
      setAside: numberOf(reply[2]),
      ended: numberOf(reply[3]),
      more: reply[4] === '1',
    };
  }

  /** Counts the line; undefined where Redis does not have it. */
  async count(concertId: string): Promise<LineCounts | undefined> {
    const reply = listOf(await SCRIPTS.count.run(this.#redis, lineKeyList(concertId), []));
    if (numberOf(reply[0]) !== 1) return undefined;
    return {
      waiting: numberOf(reply[1]),
      away: numberOf(reply[2]),
      admitted: numberOf(reply[3]),
      lastNumber: numberOf(reply[4]),
      admissionsPerSecond: numberOf(reply[5]) / 1_000,
      seatsFree: knownCount(reply[6]),
      epoch: numberOf(reply[7]),
    };
  }

  /** The concerts whose lines are to be advanced. */
  async openLines(): Promise<readonly string[]> {
    return this.#redis.smembers(OPEN_LINES_KEY);
  }

  /**
   * Takes a line off the list: nobody is admitted any more. What it says stays readable for as long as a token can name a
   * place in it, and goes then: a million waiters of each concert that is over would fill Redis.
   */
  async close(concertId: string): Promise<void> {
    // First, since whoever dies in between leaves a listed line, which is closed again.
    await SCRIPTS.expire.run(this.#redis, lineKeyList(concertId), [this.#endedRetentionMs]);
    await this.#redis.srem(OPEN_LINES_KEY, concertId);
  }

  /** The channel on which the line says that it moved. */
  channelOf(concertId: string): string {
    return lineChannel(concertId);
  }
}

function policyArgs(policy: AdmissionPolicy): readonly (string | number)[] {
  return [
    policy.mode,
    policy.capacity,
    policy.ratePerSecond,
    policy.burst,
    policy.admissionTtlMs,
    policy.awayAfterMs,
    policy.awayTtlMs,
    policy.revision,
  ];
}

/** Reads what includes/place.lua answers: state, number, epoch, position, end, now, free seats, rate × 1000. */
export function snapshotOf(concertId: string, userId: string, reply: LuaReply | undefined): PlaceSnapshot {
  const fields = listOf(reply);
  const state = textOf(fields[0]);
  if (!isPlaceState(state)) throw new TypeError('the script answered with an unknown state');
  return {
    concertId,
    userId,
    state,
    number: numberOf(fields[1]),
    epoch: numberOf(fields[2]),
    position: numberOf(fields[3]),
    admissionEndsAtMs: numberOf(fields[4]),
    asOfMs: numberOf(fields[5]),
    seatsFree: knownCount(fields[6]),
    admissionsPerSecond: numberOf(fields[7]) / 1_000,
  };
}

function knownCount(reply: LuaReply | undefined): number | undefined {
  const count = numberOf(reply);
  return count < 0 ? undefined : count;
}
