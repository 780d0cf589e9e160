import { join } from 'node:path';
import type { RedisClient } from '../infrastructure/redis/client.ts';
import { listOf, LuaScript, numberOf, textOf } from '../infrastructure/redis/lua-script.ts';
import { userMember } from '../queue/index.ts';
import { heldSeatKeys, holdKeys, seatKeysOf } from './hold-keys.ts';
import type { KeyedRequest } from './hold.store.ts';
import { reservationOf } from './reservation-reply.ts';
import {
  holdOutcomeKey,
  payingKey,
  performanceKeyList,
  reservationKey,
  userReservationsKey,
} from './reservation.keys.ts';
import type { Reservation } from './reservation.ts';

/** What releasing came to. */
export type ReleaseResult =
  { readonly kind: 'released'; readonly reservation: Reservation } | { readonly kind: 'not-found' | 'paid' | 'paying' };

/** What extending came to. */
export type ExtendResult =
  | { readonly kind: 'extended' | 'replayed'; readonly reservation: Reservation }
  | {
      readonly kind:
        | 'not-found'
        | 'released'
        | 'expired'
        | 'paid'
        | 'paying'
        | 'extended-before'
        | 'key-reused'
        | 'past'
        | 'canceled';
    };

/** What beginning a payment came to. */
export type FenceResult =
  | { readonly kind: 'fenced' | 'paid' | 'overdue'; readonly reservation: Reservation }
  | { readonly kind: 'not-found' | 'released' | 'expired' | 'canceled' };

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

/** The seats of a sale whose tickets were refunded. */
export type RefundedSale = Omit<Sale, 'placeNumber' | 'placeEpoch'>;

/** Times of holds, in milliseconds. */
export interface HoldTimes {
  readonly holdExtensionMs: number;
  readonly retentionMs: number;
  readonly paymentDeadlineMs: number;
  readonly paymentFenceMarginMs: number;
  readonly outcomeTtlMs: number;
}

const script = (name: string) => new LuaScript(join(import.meta.dirname, 'lua', `${name}.lua`));
const SCRIPTS = {
  release: script('release-hold-19n'),
  extend: script('extend-hold-20n'),
  fence: script('fence-payment-19n'),
  giveBack: script('return-hold-19n'),
  settle: script('settle-sale-19n'),
  refund: script('refund-seats-7n'),
  read: script('read-reservation-1'),
  listOverdue: script('list-overdue-1'),
};

/** Overdue payments that one reading finds; the next one finds the others. */
const MAX_OVERDUE = 100;

const EXTEND_REFUSALS: Readonly<Record<number, Exclude<ExtendResult['kind'], 'extended' | 'replayed'>>> = {
  [-1]: 'not-found',
  [-2]: 'released',
  [-3]: 'expired',
  [-4]: 'paid',
  [-5]: 'paying',
  [-6]: 'extended-before',
  [-7]: 'key-reused',
  [-8]: 'past',
  [-9]: 'canceled',
};

/** The holds of all concerts in Redis, once they are made. Every method is one atomic step. */
export class ReservationStore {
  readonly #redis: RedisClient;
  readonly #times: HoldTimes;

  constructor(redis: RedisClient, times: HoldTimes) {
    this.#redis = redis;
    this.#times = times;
  }

  /** Frees the seats of a hold. */
  async release(reservation: Reservation, why: 'BY_USER' | 'PERFORMANCE_CANCELED' = 'BY_USER'): Promise<ReleaseResult> {
    const args = [userMember(reservation.userId), why];
    const reply = listOf(await SCRIPTS.release.run(this.#redis, keysOf(reservation), args));
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

  /**
   * Lets a hold live longer, once.
   *
   * @param startsAtMs when its performance begins: a hold does not outlive it
   */
  async extend(
    reservation: Reservation,
    startsAtMs: number,
    idempotency: KeyedRequest | undefined,
  ): Promise<ExtendResult> {
    const { concertId, performanceId, reservationId, userId } = reservation;
    const member = userMember(userId);
    const keys = [
      ...holdKeys(concertId, performanceId, reservationId),
      holdOutcomeKey(concertId, member, idempotency?.keyHash ?? 'none'),
      ...heldSeatKeys(reservation),
    ];
    const { holdExtensionMs, retentionMs, outcomeTtlMs } = this.#times;
    const requestHash = idempotency?.requestHash ?? '';
    const args = [member, holdExtensionMs, retentionMs, requestHash, outcomeTtlMs, startsAtMs];
    const reply = listOf(await SCRIPTS.extend.run(this.#redis, keys, args));
    const code = numberOf(reply[0]);
    const kind = ({ 1: 'extended', 2: 'replayed' } as const)[code];
    if (kind) return { kind, reservation: reservationOf(concertId, reply[1]) };
    const refused = EXTEND_REFUSALS[code];
    if (refused) return { kind: refused };
    throw new TypeError('extend-hold answered with an unknown code');
  }

  /** Begins a payment: the seats cannot be lost until its deadline has long passed. */
  async fence(reservation: Reservation): Promise<FenceResult> {
    const { paymentDeadlineMs, paymentFenceMarginMs } = this.#times;
    const args = [userMember(reservation.userId), paymentDeadlineMs, paymentFenceMarginMs];
    const reply = listOf(await SCRIPTS.fence.run(this.#redis, keysOf(reservation), args));
    const kind = ({ 1: 'fenced', 2: 'paid', [-4]: 'overdue' } as const)[numberOf(reply[0])];
    if (kind) return { kind, reservation: reservationOf(reservation.concertId, reply[1]) };
    const refused = ({ [-1]: 'not-found', [-2]: 'released', [-3]: 'expired', [-5]: 'canceled' } as const)[
      numberOf(reply[0])
    ];
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
      ...seatKeysOf(concertId, performanceId, seatNumbers),
    ];
    const member = userMember(sale.userId);
    const seats = seatNumbers.join(',');
    const args = [member, sale.placeNumber, sale.placeEpoch, reservationId, seats, this.#times.retentionMs];
    return numberOf(await SCRIPTS.settle.run(this.#redis, keys, args)) === 1;
  }

  /**
   * Puts the seats of refunded tickets on sale again, once, however often it is called; one that was sold again since stays.
   *
   * @returns whether a seat is on sale again by this call
   */
  async refund({ concertId, performanceId, reservationId, userId, seatNumbers }: RefundedSale): Promise<boolean> {
    const keys = [
      ...performanceKeyList(concertId, performanceId),
      ...seatKeysOf(concertId, performanceId, seatNumbers),
    ];
    const args = [userMember(userId), reservationId, seatNumbers.join(',')];
    return numberOf(await SCRIPTS.refund.run(this.#redis, keys, args)) === 1;
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
    const key = userReservationsKey(concertId, userMember(userId));
    const rank = afterId === undefined ? -1 : await this.#redis.zrevrank(key, afterId);
    if (rank === null) return [];
    const ids = await this.#redis.zrevrange(key, rank + 1, rank + limit);
    const read = await Promise.all(ids.map((id) => this.read(concertId, id)));
    return read.filter((reservation) => reservation !== undefined);
  }

  /** The reservations of a concert that are being paid and whose deadline has passed for so long, by Redis's clock. */
  async overduePayments(concertId: string, forMs: number): Promise<readonly Reservation[]> {
    const ids = listOf(await SCRIPTS.listOverdue.run(this.#redis, [payingKey(concertId)], [forMs, MAX_OVERDUE]));
    const read = await Promise.all(ids.map((id) => this.read(concertId, textOf(id))));
    return read.filter((reservation) => reservation !== undefined);
  }
}

function keysOf(reservation: Reservation): readonly string[] {
  const { concertId, performanceId, reservationId } = reservation;
  return [...holdKeys(concertId, performanceId, reservationId), ...heldSeatKeys(reservation)];
}
