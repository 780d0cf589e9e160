import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { ConcertView, NewConcert } from '../../src/catalog/index.ts';
import { createOrm } from '../../src/infrastructure/postgres/orm.ts';
import { entities } from '../../src/mikro-orm.config.ts';
import type { PayResult } from '../../src/payment/index.ts';
import type { HoldSeatsInput, Reservation } from '../../src/reservation/index.ts';
import type { PlaceClaims } from '../../src/shared/place-claims.ts';
import { getBackend } from './backend.ts';
import { wire, type Instance, type InstanceOptions } from './instance.ts';
import { connectRedis, connectSubscriber } from './redis.ts';
import { takenSeats, type TakenSeats } from './seats.ts';
import { waitUntil } from './wait-until.ts';

const HOUR_MS = 3_600_000;
const STATEMENT = '[query] ';

/** One or more instances on a database of a test suite's own, and what a test does with them. */
export class TestDomain {
  readonly databaseUrl: string;
  readonly #drop: () => Promise<void>;
  readonly #closing: (() => Promise<void>)[] = [];
  /** What tasks behind the answers could not do. */
  readonly errors: unknown[] = [];
  /** The concerts of this domain: the shared Redis has those of other suites too. */
  readonly concertIds: string[] = [];
  #main: Instance | undefined;

  private constructor(databaseUrl: string, drop: () => Promise<void>) {
    this.databaseUrl = databaseUrl;
    this.#drop = drop;
  }

  /** Makes a fresh database and one instance on it. */
  static async open(options: InstanceOptions = {}): Promise<TestDomain> {
    const database = await (await getBackend()).newDatabase();
    const domain = new TestDomain(database.url, () => database.drop());
    domain.#main = await domain.instance(options);
    return domain;
  }

  /** The first instance. */
  get main(): Instance {
    if (!this.#main) throw new Error('the domain is not open');
    return this.#main;
  }

  /** Another instance on the same stores. */
  async instance(options: InstanceOptions = {}): Promise<Instance> {
    const redis = await connectRedis('test', options.redisUrl);
    const subscriber = await connectSubscriber(redis, options.redisUrl);
    const orm = createOrm({
      url: options.databaseUrl ?? this.databaseUrl,
      entities,
      poolSize: options.poolSize ?? 8,
      lockTimeoutMs: options.lockTimeoutMs ?? 5_000,
      stallMs: options.stallMs ?? 5_000,
      debug: options.onStatement !== undefined,
      log: (message) => {
        if (message.startsWith(STATEMENT)) options.onStatement?.(message.slice(STATEMENT.length));
      },
    });
    this.#closing.push(async () => {
      redis.disconnect();
      subscriber.disconnect();
      await orm.close(true);
    });
    const onError = (error: unknown) => void this.errors.push(error);
    return wire({ redis, subscriber, orm, options, concertIds: this.concertIds, onError });
  }

  /** Waits until the first instance has its connection to a Redis that was started again. */
  async reconnected(): Promise<void> {
    const answers = () =>
      this.main.redis.ping().then(
        () => true,
        () => false,
      );
    await waitUntil(answers, { what: 'Redis answers again' });
  }

  /** Puts a concert on sale: one performance of fifty seats at 50,000 each, by default. */
  async concert(changes: Partial<NewConcert> = {}): Promise<OnSale> {
    const past = new Date(Date.now() - HOUR_MS);
    const startsAt = new Date(Date.now() + 24 * HOUR_MS);
    const { concert } = await this.main.catalog.createConcert(
      {
        title: 'Concert',
        venue: 'Hall',
        timeZone: 'Asia/Seoul',
        queueOpensAt: past,
        saleOpensAt: past,
        seatsPerUser: 0,
        seatsPerUserAndPerformance: 0,
        performances: [{ startsAt, layout: undefined }],
        ...changes,
      },
      { idempotencyKey: undefined },
    );
    this.concertIds.push(concert.concertId);
    const performanceId = concert.performances[0]?.performanceId ?? '';
    return { concert, concertId: concert.concertId, performanceId };
  }

  /** Gives a user, a new one by default, a place in the line. */
  async join(concertId: string, userId: string = randomUUID()): Promise<PlaceClaims> {
    const { place } = await this.main.queue.issueToken(concertId, userId);
    return { userId, concertId, epoch: place.epoch, number: place.number };
  }

  /** Gives a user a place and lets the line move on until the user is in. */
  async admit(concertId: string, userId?: string): Promise<PlaceClaims> {
    const claims = await this.join(concertId, userId);
    await this.main.queueStore.advance(concertId);
    expect((await this.main.queue.position(claims)).state).to.equal('ADMITTED');
    return claims;
  }

  /** Holds seats by their numbers, or the best ones. */
  async hold(
    claims: PlaceClaims,
    performanceId: string,
    wanted: HoldSeatsInput['wanted'],
    idempotencyKey?: string,
    by: Instance = this.main,
  ): Promise<Reservation> {
    const input = { claims, target: { performanceId }, wanted, replaceReservationId: undefined, idempotencyKey };
    return (await by.reservations.holdSeats(input)).reservation;
  }

  /** Holds seats in the place of those that a reservation holds. */
  async swap(
    claims: PlaceClaims,
    replaced: Reservation,
    wanted: HoldSeatsInput['wanted'],
    performanceId = replaced.performanceId,
  ): Promise<Reservation> {
    const replaceReservationId = replaced.reservationId;
    const input = { claims, target: { performanceId }, wanted, replaceReservationId, idempotencyKey: undefined };
    return (await this.main.reservations.holdSeats(input)).reservation;
  }

  /** The seats of a performance that are not free, by state. */
  async seats({ concertId, performanceId }: Pick<OnSale, 'concertId' | 'performanceId'>): Promise<TakenSeats> {
    return takenSeats(await this.main.liveSeats.seatMap(concertId, performanceId));
  }

  /** Fills a user's wallet. */
  async charge(userId: string, amount: bigint): Promise<void> {
    await this.main.wallet.charge({ userId, amount, idempotencyKey: randomUUID() });
  }

  /** A new user with money who is admitted and holds seats. */
  async buyer(onSale: OnSale, seatNumbers: readonly number[], by: Instance = this.main): Promise<Buyer> {
    const claims = await this.admit(onSale.concertId);
    await this.charge(claims.userId, 1_000_000n);
    const reservation = await this.hold(claims, onSale.performanceId, seatNumbers, undefined, by);
    return { claims, reservation, pay: (key, payer = by) => payer.payment.pay(claims, reservation.reservationId, key) };
  }

  /** Runs SQL text. */
  async sql(text: string, params: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
    return this.main.orm.em.fork().execute(text, [...params]);
  }

  /** Closes every instance and drops the database. */
  async close(): Promise<void> {
    if (this.concertIds.length > 0) await this.main.redis.srem('frontrow:open-lines', ...this.concertIds);
    await Promise.all(this.#closing.map((close) => close()));
    await this.#drop();
  }
}

/** A concert that is on sale. */
export interface OnSale {
  readonly concert: ConcertView;
  readonly concertId: string;
  /** Its first performance. */
  readonly performanceId: string;
}

/** A user who holds seats and has money. */
export interface Buyer {
  readonly claims: PlaceClaims;
  readonly reservation: Reservation;
  /** Pays the reservation, at the instance that held it by default. */
  readonly pay: (idempotencyKey?: string, payer?: Instance) => Promise<PayResult>;
}
