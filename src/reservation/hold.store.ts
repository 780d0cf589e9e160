import { join } from 'node:path';
import type { RedisClient } from '../infrastructure/redis/client.ts';
import { listOf, LuaScript, numberOf, textOf, type LuaReply } from '../infrastructure/redis/lua-script.ts';
import { factsOf, readingOf, userMember, type LostPlace, type PlaceSnapshot } from '../queue/index.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';
import type { SectionRows } from './hall.ts';
import { heldSeatKeys, holdKeys, seatKeysOf } from './hold-keys.ts';
import { reservationOf } from './reservation-reply.ts';
import {
  holdOutcomeKey,
  performanceKeyList,
  performanceKeys,
  reservationKey,
  seatKeyPrefix,
  userReservationsKey,
} from './reservation.keys.ts';
import type { HeldSeat, Reservation } from './reservation.ts';

/** Hashes of an idempotency key and of the request that it came with. */
export interface KeyedRequest {
  readonly keyHash: string;
  readonly requestHash: string;
}

/** The best seats, side by side. */
export interface BestSeats {
  readonly count: number;
  /** The sections that will do: they follow each other. */
  readonly sections: readonly SectionRows[];
}

/** What is wanted, found in the hall. */
export type Wanted = BestSeats | { readonly seats: readonly HeldSeat[] };

/** A hold that is wanted. */
export interface HoldRequest {
  readonly claims: PlaceClaims;
  readonly reservationId: string;
  readonly performanceId: string;
  /** All performances of the concert: what the user owns of them counts. */
  readonly performanceIds: readonly string[];
  /** When the performance begins: a hold does not outlive it, milliseconds since 1970. */
  readonly startsAtMs: number;
  /** Before it nothing is held, milliseconds since 1970. */
  readonly saleOpensAtMs: number;
  readonly currencyCode: string;
  readonly seatsPerUser: number;
  readonly seatsPerUserAndPerformance: number;
  /** The live reservation of the place that the new one takes the place of. */
  readonly replaced: Reservation | undefined;
  /** Undefined where no idempotency key was sent. */
  readonly idempotency: KeyedRequest | undefined;
}

/** Why nothing was held. */
type Refused =
  | {
      readonly kind:
        'line-missing' | 'map-missing' | 'key-reused' | 'past' | 'canceled' | 'replaced-not-live' | 'replaced-paying';
    }
  | { readonly kind: 'sale-not-open'; readonly asOfMs: number }
  | { readonly kind: 'not-admitted'; readonly place: PlaceSnapshot }
  | { readonly kind: 'place-lost'; readonly place: LostPlace }
  | { readonly kind: 'reservation-exists'; readonly reservationId: string }
  | { readonly kind: 'seat-limit'; readonly owned: number; readonly ownedOfPerformance: number };

/** What asking for a hold came to. */
export type HoldResult =
  | { readonly kind: 'held'; readonly reservation: Reservation }
  | { readonly kind: 'replayed'; readonly reservationId: string }
  | { readonly kind: 'seat-taken'; readonly seatNumbers: readonly number[] }
  | { readonly kind: 'none-adjacent'; readonly seatsFree: number; readonly longestRun: number }
  | Refused;

/** Times of new holds, in milliseconds. */
export interface NewHoldTimes {
  readonly holdTtlMs: number;
  readonly retentionMs: number;
  readonly outcomeTtlMs: number;
}

const script = (name: string) => new LuaScript(join(import.meta.dirname, 'lua', `${name}.lua`));
const SCRIPTS = { hold: script('hold-seats-29n'), holdBest: script('hold-best-29n') };

/** How often a choice runs again because more holds ran out than one run takes off: a whole hall of them, and more. */
const MAX_SWEEPS = 500;

/** Makes holds in Redis. Every method is one atomic step. */
export class HoldStore {
  readonly #redis: RedisClient;
  readonly #times: NewHoldTimes;

  constructor(redis: RedisClient, times: NewHoldTimes) {
    this.#redis = redis;
    this.#times = times;
  }

  /** Holds all of the seats or none. */
  async hold(request: HoldRequest, seats: readonly HeldSeat[]): Promise<HoldResult> {
    const { claims, performanceId } = request;
    const numbers = seats.map(({ number }) => number);
    const common = this.#common(request);
    const seatKeys = seatKeysOf(claims.concertId, performanceId, numbers);
    const keys = [...common.keys, ...seatKeys, ...replacedSeatKeys(request)];
    const args = [...common.args, numbers.join(','), seats.map(({ price }) => price).join(',')];
    const reply = listOf(await SCRIPTS.hold.run(this.#redis, keys, args));
    if (numberOf(reply[0]) !== -7) return holdResult(claims, reply);
    return { kind: 'seat-taken', seatNumbers: textOf(reply[1]).split(',').map(Number) };
  }

  /** Holds the best seats that are free and stand side by side, or none. */
  async holdBest(request: HoldRequest, { count, sections }: BestSeats): Promise<HoldResult> {
    const { claims, performanceId } = request;
    const rows = sections.map(({ firstRow, lastRow, price }) => `${firstRow}:${lastRow}:${price}`).join(',');
    const common = this.#common(request);
    const args = [...common.args, count, rows, seatKeyPrefix(claims.concertId, performanceId)];
    const keys = [...common.keys, ...replacedSeatKeys(request)];
    for (let run = 0; run < MAX_SWEEPS; run += 1) {
      const reply = listOf(await SCRIPTS.holdBest.run(this.#redis, keys, args));
      const code = numberOf(reply[0]);
      if (code === -7) return { kind: 'none-adjacent', seatsFree: numberOf(reply[1]), longestRun: numberOf(reply[2]) };
      if (code !== -9) return holdResult(claims, reply);
    }
    throw new Error('holds run out faster than they are taken off the index');
  }

  /** The keys and arguments that both scripts begin with. */
  #common(request: HoldRequest): { readonly keys: readonly string[]; readonly args: readonly (string | number)[] } {
    const { claims, performanceId, reservationId, replaced, idempotency, performanceIds } = request;
    const { concertId } = claims;
    const member = userMember(claims.userId);
    const keys = [
      ...holdKeys(concertId, performanceId, reservationId),
      userReservationsKey(concertId, member),
      holdOutcomeKey(concertId, member, idempotency?.keyHash ?? 'none'),
      reservationKey(concertId, replaced?.reservationId ?? 'none'),
      ...performanceKeyList(concertId, replaced?.performanceId ?? performanceId),
      ...performanceIds.map((each) => performanceKeys(concertId, each).owners),
    ];
    const args = [
      member,
      claims.number,
      claims.epoch,
      reservationId,
      performanceId,
      this.#times.holdTtlMs,
      this.#times.retentionMs,
      request.seatsPerUser,
      request.seatsPerUserAndPerformance,
      idempotency?.requestHash ?? '',
      this.#times.outcomeTtlMs,
      request.currencyCode,
      request.startsAtMs,
      request.saleOpensAtMs,
      replaced?.reservationId ?? '',
      performanceIds.length,
    ];
    return { keys, args };
  }
}

function replacedSeatKeys({ replaced }: HoldRequest): readonly string[] {
  return replaced ? heldSeatKeys(replaced) : [];
}

function holdResult(claims: PlaceClaims, reply: readonly LuaReply[]): HoldResult {
  switch (numberOf(reply[0])) {
    case 1:
      return { kind: 'held', reservation: reservationOf(claims.concertId, reply[1]) };
    case 2:
      return { kind: 'replayed', reservationId: textOf(reply[1]) };
    case -1:
      return { kind: 'line-missing' };
    case -2:
      return { kind: 'map-missing' };
    case -3:
      return { kind: 'key-reused' };
    case -4: {
      const place = readingOf(claims, reply[1], factsOf(reply[2]));
      return place.state === 'LOST' ? { kind: 'place-lost', place } : { kind: 'not-admitted', place };
    }
    case -5:
      return { kind: 'reservation-exists', reservationId: textOf(reply[1]) };
    case -6:
      return { kind: 'seat-limit', owned: numberOf(reply[1]), ownedOfPerformance: numberOf(reply[2]) };
    case -8:
      return { kind: 'past' };
    case -13:
      return { kind: 'canceled' };
    case -10:
      return { kind: 'replaced-not-live' };
    case -11:
      return { kind: 'replaced-paying' };
    case -12:
      return { kind: 'sale-not-open', asOfMs: numberOf(reply[1]) };
    default:
      throw new TypeError('holding seats answered with an unknown code');
  }
}
