import { join } from 'node:path';
import type { RedisClient } from '../infrastructure/redis/client.ts';
import { listOf, LuaScript, numberOf, textOf, type LuaReply } from '../infrastructure/redis/lua-script.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';
import type { AdmissionPolicy } from './admission-policy.ts';
import { factsOf, readingOf, snapshotOf, type FactsReply } from './place-reply.ts';
import type { Advance, JoinResult, LeaveResult, LineCounts, LineOpening, RestoredPlace } from './line-steps.ts';
import type { LineTimes } from './line-times.ts';
import type { LostPlace, PlaceSnapshot } from './place.ts';
import { lineKeyList, lineKeys, OPEN_LINES_KEY, openingKey, userMember } from './queue.keys.ts';

const script = (name: string) => new LuaScript(join(import.meta.dirname, 'lua', `${name}.lua`));
const SCRIPTS = {
  claimOpening: script('claim-opening-2'),
  open: script('open-line-11'),
  restore: script('restore-places-10'),
  setPolicy: script('set-policy-1'),
  setTimes: script('set-times-1'),
  join: script('join-line-10'),
  read: script('read-place-10'),
  leave: script('leave-line-10'),
  advance: script('advance-line-10'),
  count: script('count-line-10'),
  expire: script('expire-line-10'),
  keep: script('keep-line-10'),
};

/** The most places one advance touches: a run stays within a few milliseconds. */
const ADVANCE_LIMIT = 500;

/** The lines of all concerts in Redis. Every method is one atomic step. */
export class QueueStore {
  readonly #redis: RedisClient;
  readonly #endedRetentionMs: number;

  /**
   * @param endedRetentionMs for how long the end of a place stays readable: at least as long as a token is valid
   */
  constructor(redis: RedisClient, endedRetentionMs: number) {
    this.#redis = redis;
    this.#endedRetentionMs = endedRetentionMs;
  }

  /**
   * Claims the right to open a line that Redis does not have.
   *
   * @param opener a name that no other caller has
   * @param forMs after that somebody else may
   */
  async claimOpening(concertId: string, opener: string, forMs: number): Promise<'claimed' | 'open' | 'taken'> {
    const keys = [lineKeys(concertId).line, openingKey(concertId)];
    switch (numberOf(await SCRIPTS.claimOpening.run(this.#redis, keys, [opener, forMs]))) {
      case 1:
        return 'claimed';
      case 0:
        return 'open';
      default:
        return 'taken';
    }
  }

  /**
   * Opens the line where Redis does not have it.
   *
   * @returns false where it was open or the claim has run out: then nothing is changed
   */
  async open(concertId: string, opening: LineOpening): Promise<boolean> {
    const { opener, epoch, recoveryWindowMs, times, policy } = opening;
    const args = [opener, epoch, recoveryWindowMs, ...timesArgs(times), ...policyArgs(policy)];
    // Listed first: a process that dies in between leaves a listed line that is missing, which whoever comes next opens,
    // and never an open line that nobody advances.
    await this.#redis.sadd(OPEN_LINES_KEY, concertId);
    const keys = [...lineKeyList(concertId), openingKey(concertId)];
    return numberOf(await SCRIPTS.open.run(this.#redis, keys, args)) === 1;
  }

  /**
   * Gives places of an epoch before back, each once, while the line restores places; none where Redis lost the line once
   * more since Postgres was asked.
   *
   * @param lineEpoch the epoch of the line for which Postgres was asked
   */
  async restore(concertId: string, lineEpoch: number, places: readonly RestoredPlace[]): Promise<void> {
    const args = places.flatMap(({ userId, number, epoch, was, admissionEndsAtMs }) => {
      const letter = { waiting: 'W', admitted: 'A', completed: 'C', expired: 'E' }[was];
      return [userMember(userId), number, epoch, letter, admissionEndsAtMs];
    });
    await SCRIPTS.restore.run(this.#redis, lineKeyList(concertId), [lineEpoch, ...args]);
  }

  /** Puts a policy in force unless a later one is; a line that is not open takes it when it opens. */
  async setPolicy(concertId: string, policy: AdmissionPolicy): Promise<void> {
    await SCRIPTS.setPolicy.run(this.#redis, [lineKeys(concertId).line], policyArgs(policy));
  }

  /** Has a line go by these times unless it has later ones; a line that is not open takes them when it opens. */
  async setTimes(concertId: string, times: LineTimes): Promise<void> {
    await SCRIPTS.setTimes.run(this.#redis, [lineKeys(concertId).line], timesArgs(times));
  }

  /**
   * Gives users of one line places at the end, or the places that they have, and counts as being seen.
   *
   * @returns in the order of the users, or undefined where Redis does not have the line
   */
  async join(concertId: string, userIds: readonly string[]): Promise<readonly JoinResult[] | undefined> {
    const reply = listOf(await SCRIPTS.join.run(this.#redis, lineKeyList(concertId), userIds.map(userMember)));
    switch (numberOf(reply[0])) {
      case 1: {
        const facts = factsOf(reply[1]);
        return userIds.map((userId, index) => joinResultOf({ concertId, userId }, listOf(reply[index + 2]), facts));
      }
      case -1:
        return undefined;
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
  ): Promise<readonly (PlaceSnapshot | LostPlace)[] | undefined> {
    const args = claims.flatMap((claim) => [userMember(claim.userId), claim.number, claim.epoch]);
    const reply = listOf(await SCRIPTS.read.run(this.#redis, lineKeyList(concertId), [touch ? '1' : '0', ...args]));
    if (numberOf(reply[0]) !== 1) return undefined;
    const facts = factsOf(reply[1]);
    return claims.map((claim, index) => readingOf(claim, reply[index + 2], facts));
  }

  /** Gives a place up; an ended place stays as it is. */
  async leave(claims: PlaceClaims): Promise<LeaveResult> {
    const args = [userMember(claims.userId), claims.number, claims.epoch];
    const reply = listOf(await SCRIPTS.leave.run(this.#redis, lineKeyList(claims.concertId), args));
    switch (numberOf(reply[0])) {
      case 1:
        return { kind: 'left', place: snapshotOf(claims, reply[1], factsOf(reply[2])) };
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
    const { lineEpoch, ...facts } = factsOf(reply[6]);
    return {
      ...facts,
      epoch: lineEpoch,
      waiting: numberOf(reply[1]),
      away: numberOf(reply[2]),
      admitted: numberOf(reply[3]),
      lastNumber: numberOf(reply[4]),
      admissionsPerSecond: numberOf(reply[5]) / 1_000,
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

  /** Puts a line back on the list that was taken off it; one that Redis does not have opens with whoever comes next. */
  async reopen(concertId: string): Promise<void> {
    const kept = numberOf(await SCRIPTS.keep.run(this.#redis, lineKeyList(concertId), []));
    if (kept === 1) await this.#redis.sadd(OPEN_LINES_KEY, concertId);
  }
}

function joinResultOf(
  user: Pick<PlaceClaims, 'concertId' | 'userId'>,
  outcome: readonly LuaReply[],
  facts: FactsReply,
): JoinResult {
  switch (numberOf(outcome[0])) {
    case 1:
      return { kind: 'joined', place: snapshotOf(user, outcome[1], facts) };
    case -2:
      return { kind: 'not-open', opensAtMs: numberOf(outcome[1]), nowMs: numberOf(outcome[2]) };
    case -3:
      return { kind: 'draining' };
    default:
      throw new TypeError('join-line answered with an unknown outcome');
  }
}

function timesArgs({ queueOpensAtMs, saleOpensAtMs, revision }: LineTimes): readonly number[] {
  return [queueOpensAtMs, saleOpensAtMs, revision];
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
    policy.seatHeadroomPercent,
    policy.revision,
  ];
}
