import { join } from 'node:path';
import type { RedisClient } from '../infrastructure/redis/client.ts';
import { listOf, LuaScript, numberOf, textOf, type LuaReply } from '../infrastructure/redis/lua-script.ts';
import { factsOf, lineKeyList, readingOf, userMember, type LostPlace, type PlaceSnapshot } from '../queue/index.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';
import { reservationOf } from './reservation-reply.ts';
import {
  holdOutcomeKey,
  ownedKey,
  payingKey,
  performanceKeys,
  reservationKey,
  seatKey,
  userReservationsKey,
} from './reservation.keys.ts';
import type { HeldSeat, Reservation } from './reservation.ts';

/** A hold that is wanted. */
export interface HoldRequest {
  readonly claims: PlaceClaims;
  readonly reservationId: string;
  readonly performanceId: string;
  /** When the performance begins: from then on its seats are not held any more. */
  readonly startsAtMs: number;
  readonly seats: readonly HeldSeat[];
  readonly currencyCode: string;
  readonly seatsPerUser: number;
  /** Hashes of the idempotency key and of the request; undefined where no key was sent. */
  readonly idempotency: { readonly keyHash: string; readonly requestHash: string } | undefined;
}

/** What asking for a hold came to. */
export type HoldResult =
  | { readonly kind: 'held'; readonly reservation: Reservation }
  | { readonly kind: 'replayed'; readonly reservationId: string }
  | { readonly kind: 'line-missing' | 'map-missing' | 'key-reused' | 'past' }
  | { readonly kind: 'not-admitted'; readonly place: PlaceSnapshot }
  | { readonly kind: 'place-lost'; readonly place: LostPlace }
  | { readonly kind: 'reservation-exists'; readonly reservationId: string }
  | { readonly kind: 'seat-limit'; readonly owned: number }
  | { readonly kind: 'seat-taken'; readonly seatNumbers: readonly number[] };

/** What releasing came to. */
export type ReleaseResult =
  { readonly kind: 'released'; readonly reservation: Reservation } | { readonly kind: 'not-found' | 'paid' | 'paying' };

/** What beginning a payment came to. */
export type FenceResult =
  | { readonly kind: 'fenced' | 'paid' | 'overdue'; readonly reservation: Reservation }
  | { readonly kind: 'not-found' | 'released' | 'expired' };

/** A committed payment as Redis has to know it. */
export interface Sale {
  readonly concertId: string;
  readonly performanceId: string;
  readonly reservationId: string;
  readonly userId: string;
  readonly placeNumber: number;
  readonly placeEpoch: number;
  readonly seatNumbers: readonly number[];
}

/** Times of holds, in milliseconds. */
export interface HoldTimes {
  readonly holdTtlMs: number;
  readonly retentionMs: number;
  readonly paymentDeadlineMs: number;
  readonly paymentFenceMarginMs: number;
  readonly outcomeTtlMs: number;
}

const script = (name: string) => new LuaScript(join(import.meta.dirname, 'lua', `${name}.lua`));
const SCRIPTS = {
  hold: script('hold-seats-18n'),
  release: script('release-hold-15n'),
  fence: script('fence-payment-15n'),
  giveBack: script('return-hold-15n'),
  settle: script('settle-sale-16n'),
  read: script('read-reservation-1'),
};

/** The holds of all concerts in Redis. Every method is one atomic step. */
export class ReservationStore {
  readonly #redis: RedisClient;
  readonly #times: HoldTimes;

  constructor(redis: RedisClient, times: HoldTimes) {
    this.#redis = redis;
    this.#times = times;
  }

  /** Holds all of the seats or none. */
  async hold(request: HoldRequest): Promise<HoldResult> {
    const { claims, reservationId, performanceId, seats, idempotency } = request;
    const { concertId, userId } = claims;
    const numbers = seats.map((seat) => seat.number);
    const keys = [
      ...holdKeys(concertId, performanceId, reservationId),
      userReservationsKey(concertId, userId),
      ownedKey(concertId),
      holdOutcomeKey(concertId, userId, idempotency?.keyHash ?? 'none'),
      ...numbers.map((number) => seatKey(concertId, performanceId, number)),
    ];
    const args = [
      userMember(userId),
      claims.number,
      claims.epoch,
      reservationId,
      performanceId,
      this.#times.holdTtlMs,
      this.#times.retentionMs,
      request.seatsPerUser,
      idempotency?.requestHash ?? '',
      this.#times.outcomeTtlMs,
      seats.map((seat) => seat.price).join(','),
      request.currencyCode,
      numbers.join(','),
      request.startsAtMs,
    ];
    return holdResult(claims, listOf(await SCRIPTS.hold.run(this.#redis, keys, args)));
  }

  /** Frees the seats of a hold. */
  async release(reservation: Reservation): Promise<ReleaseResult> {
    const reply = listOf(await SCRIPTS.release.run(this.#redis, keysOf(reservation), [userMember(reservation.userId)]));
    switch (numberOf(reply[0])) {
      case 1:
        return { kind: 'released', reservation: reservationOf(reservation.concertId, reply[1]) };
      case -1:
        return { kind: 'not-found' };
      case -2:
        return { kind: 'paid' };
      case -3:
        return { kind: 'paying' };
      default:
        throw new TypeError('release-hold answered with an unknown code');
    }
  }

  /** Begins a payment: the seats cannot be lost until its deadline has long passed. */
  async fence(reservation: Reservation): Promise<FenceResult> {
    const { paymentDeadlineMs, paymentFenceMarginMs } = this.#times;
    const args = [userMember(reservation.userId), paymentDeadlineMs, paymentFenceMarginMs];
    const reply = listOf(await SCRIPTS.fence.run(this.#redis, keysOf(reservation), args));
    const kind = ({ 1: 'fenced', 2: 'paid', [-4]: 'overdue' } as const)[numberOf(reply[0])];
    if (kind) return { kind, reservation: reservationOf(reservation.concertId, reply[1]) };
    const refused = ({ [-1]: 'not-found', [-2]: 'released', [-3]: 'expired' } as const)[numberOf(reply[0])];
    if (refused) return { kind: refused };
    throw new TypeError('fence-payment answered with an unknown code');
  }

  /**
   * Gives a PAYING hold back with the time that remained.
   *
   * @param reservation as the fence answered it: its deadline tells this payment from a later one
   * @param why 'refused' for one payment of possibly several, 'overdue' where none can commit any more
   * @returns whether the hold went back
   */
  async giveBack(reservation: Reservation, why: 'refused' | 'overdue'): Promise<boolean> {
    const args = [reservation.paymentDeadlineMs, why, this.#times.retentionMs];
    return numberOf(await SCRIPTS.giveBack.run(this.#redis, keysOf(reservation), args)) === 1;
  }

  /** Carries a committed payment into Redis; returns whether something changed. */
  async settle(sale: Sale): Promise<boolean> {
    const { concertId, performanceId, reservationId, seatNumbers } = sale;
    const keys = [
      ...holdKeys(concertId, performanceId, reservationId),
      ownedKey(concertId),
      ...seatNumbers.map((number) => seatKey(concertId, performanceId, number)),
    ];
    const member = userMember(sale.userId);
    const seats = seatNumbers.join(',');
    const args = [member, sale.placeNumber, sale.placeEpoch, reservationId, seats, this.#times.retentionMs];
    return numberOf(await SCRIPTS.settle.run(this.#redis, keys, args)) === 1;
  }

  /** Reads a reservation; undefined where Redis has none. */
  async read(concertId: string, reservationId: string): Promise<Reservation | undefined> {
    const reply = listOf(await SCRIPTS.read.run(this.#redis, [reservationKey(concertId, reservationId)], []));
    return numberOf(reply[0]) === 1 ? reservationOf(concertId, reply[1]) : undefined;
  }

  /**
   * Reads the reservations of a user, newest first.
   *
   * @param afterId the last one of the page before; undefined for the first page
   */
  async list(
    concertId: string,
    userId: string,
    afterId: string | undefined,
    limit: number,
  ): Promise<readonly Reservation[]> {
    const key = userReservationsKey(concertId, userId);
    const rank = afterId === undefined ? -1 : await this.#redis.zrevrank(key, afterId);
    if (rank === null) return [];
    const ids = await this.#redis.zrevrange(key, rank + 1, rank + limit);
    const read = await Promise.all(ids.map((id) => this.read(concertId, id)));
    return read.filter((reservation) => reservation !== undefined);
  }

  /** The reservations of a concert that are being paid and whose deadline has passed for so long, by Redis's clock. */
  async overduePayments(concertId: string, forMs: number): Promise<readonly Reservation[]> {
    const [seconds] = await this.#redis.time();
    const ids = await this.#redis.zrangebyscore(payingKey(concertId), '-inf', Number(seconds) * 1_000 - forMs);
    const read = await Promise.all(ids.map((id) => this.read(concertId, id)));
    return read.filter((reservation) => reservation !== undefined);
  }
}

/** The keys that every script of a hold takes first. */
function holdKeys(concertId: string, performanceId: string, reservationId: string): readonly string[] {
  const performance = performanceKeys(concertId, performanceId);
  return [
    ...lineKeyList(concertId),
    reservationKey(concertId, reservationId),
    performance.state,
    performance.held,
    performance.sold,
    payingKey(concertId),
  ];
}

function keysOf(reservation: Reservation): readonly string[] {
  const { concertId, performanceId, reservationId, seats } = reservation;
  return [
    ...holdKeys(concertId, performanceId, reservationId),
    ...seats.map((seat) => seatKey(concertId, performanceId, seat.number)),
  ];
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
      return { kind: 'seat-limit', owned: numberOf(reply[1]) };
    case -7:
      return { kind: 'seat-taken', seatNumbers: textOf(reply[1]).split(',').map(Number) };
    case -8:
      return { kind: 'past' };
    default:
      throw new TypeError('hold-seats answered with an unknown code');
  }
}
