import { randomUUID } from 'node:crypto';
import type { RedisClient } from '../../src/infrastructure/redis/client.ts';
import { lineKeys, QueueStore, userMember, type AdmissionPolicy, type PlaceSnapshot } from '../../src/queue/index.ts';
import type { JoinResult } from '../../src/queue/line-steps.ts';
import type { PlaceClaims } from '../../src/shared/place-claims.ts';
import { connectRedis, redisNowMs } from './redis.ts';

const HOUR_MS = 3_600_000;

/** A policy that lets everybody in at once and takes nobody for gone. */
export const WIDE_POLICY: AdmissionPolicy = {
  mode: 'OPEN',
  capacity: 10_000,
  ratePerSecond: 10_000,
  burst: 10_000,
  admissionTtlMs: HOUR_MS,
  awayAfterMs: HOUR_MS,
  awayTtlMs: HOUR_MS,
  seatHeadroomPercent: 100_000,
  revision: 0,
};

/** How a line of a test differs from an open one with the wide policy. */
export type LineOptions = Partial<AdmissionPolicy> & {
  readonly queueOpensAtMs?: number;
  readonly saleOpensAtMs?: number;
  /** Above 1 it is a line that Redis lost before. */
  readonly epoch?: number;
  readonly recoveryWindowMs?: number;
  /** Seats on sale: a line that never counted them admits nobody. */
  readonly seatsFree?: number;
};

/** Lines in Redis alone, each of a concert of its own. */
export class TestLines {
  readonly redis: RedisClient;
  readonly store: QueueStore;
  #revision = 0;

  constructor(redis: RedisClient) {
    this.redis = redis;
    this.store = new QueueStore(redis, HOUR_MS);
  }

  /** Connects. */
  static async open(): Promise<TestLines> {
    return new TestLines(await connectRedis());
  }

  /** Opens a line; returns its concert. */
  async line(options: LineOptions = {}): Promise<string> {
    const concertId = randomUUID();
    await this.openLine(concertId, options);
    return concertId;
  }

  /** Opens the line of a concert where Redis does not have it. */
  async openLine(concertId: string, options: LineOptions = {}): Promise<void> {
    const { queueOpensAtMs = 0, saleOpensAtMs = 0, epoch = 1, recoveryWindowMs = 0, ...rest } = options;
    const { seatsFree = 1_000_000, ...policy } = rest;
    const opener = randomUUID();
    await this.store.claimOpening(concertId, opener, 10_000);
    const times = { queueOpensAtMs, saleOpensAtMs, revision: 1 };
    const opening = { opener, epoch, recoveryWindowMs, times };
    await this.store.open(concertId, { ...opening, policy: { ...WIDE_POLICY, ...policy } });
    await this.setStock(concertId, seatsFree);
  }

  /** Puts a changed policy in force. */
  async changePolicy(concertId: string, change: LineOptions): Promise<void> {
    await this.store.setPolicy(concertId, { ...WIDE_POLICY, ...change, revision: (this.#revision += 1) });
  }

  /** Says how many seats are free, as the count of the stock does. */
  async setStock(concertId: string, seatsFree: number): Promise<void> {
    await this.redis.hset(lineKeys(concertId).line, 'seats_free', seatsFree);
  }

  /** Gives a user, a new one by default, a place. */
  async join(concertId: string, userId: string = randomUUID(), by = this.store): Promise<PlaceSnapshot> {
    const result = await this.tryJoin(concertId, userId, by);
    if (result?.kind !== 'joined') throw new Error(`joining came to ${result?.kind}`);
    return result.place;
  }

  /** What asking for a place comes to for one user alone; undefined where there is no such line. */
  async tryJoin(concertId: string, userId: string = randomUUID(), by = this.store): Promise<JoinResult | undefined> {
    return (await by.join(concertId, [userId]))?.[0];
  }

  /** Gives so many new users places, one after the other. */
  async joinMany(concertId: string, count: number): Promise<readonly PlaceSnapshot[]> {
    const places: PlaceSnapshot[] = [];
    for (let each = 0; each < count; each += 1) places.push(await this.join(concertId));
    return places;
  }

  /** Reads a place without touching it. */
  async read(claims: PlaceClaims, touch = false): Promise<PlaceSnapshot> {
    const [place] = await this.readAll([claims], touch);
    if (!place) throw new Error('there is no such line');
    return place;
  }

  /** Reads places of one line in one step, none of which is lost. */
  async readAll(claims: readonly PlaceClaims[], touch = false): Promise<readonly PlaceSnapshot[]> {
    const read = (await this.store.read(claims[0]?.concertId ?? '', claims, touch)) ?? [];
    return read.map((place) => {
      if (place.state === 'LOST') throw new Error(`the place ${place.number} is lost`);
      return place;
    });
  }

  /** The numbers of the places that are in a state, of those given. */
  async numbersIn(state: PlaceSnapshot['state'], places: readonly PlaceSnapshot[]): Promise<readonly number[]> {
    return (await this.readAll(places)).filter((place) => place.state === state).map((place) => place.number);
  }

  /** Lets a waiter have been silent for so long already. */
  async silence(claims: PlaceClaims, forMs: number): Promise<void> {
    const { seen } = lineKeys(claims.concertId);
    await this.redis.zadd(seen, 'XX', (await redisNowMs(this.redis)) - forMs, userMember(claims.userId));
  }

  /** Lets a place have been set aside for so long already. */
  async setAside(claims: PlaceClaims, forMs: number): Promise<void> {
    const { away } = lineKeys(claims.concertId);
    await this.redis.zadd(away, 'XX', (await redisNowMs(this.redis)) - forMs, userMember(claims.userId));
  }

  /** Disconnects. */
  close(): void {
    this.redis.disconnect();
  }
}
