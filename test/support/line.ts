import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { lineKeys, QueueStore, userMember, type AdmissionPolicy, type PlaceSnapshot } from '../../src/queue/index.ts';
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
  revision: 0,
};

/** How a line of a test differs from an open one with the wide policy. */
export type LineOptions = Partial<AdmissionPolicy> & {
  readonly queueOpensAtMs?: number;
  readonly saleOpensAtMs?: number;
};

/** Lines in Redis alone, each of a concert of its own. */
export class TestLines {
  readonly redis: Redis;
  readonly store: QueueStore;

  constructor(redis: Redis) {
    this.redis = redis;
    this.store = new QueueStore(redis, HOUR_MS);
  }

  /** Connects. */
  static async open(): Promise<TestLines> {
    return new TestLines(await connectRedis());
  }

  /** Opens a line; returns its concert. */
  async line(options: LineOptions = {}): Promise<string> {
    const { queueOpensAtMs = 0, saleOpensAtMs = 0, ...policy } = options;
    const concertId = randomUUID();
    const opening = { epoch: 1, queueOpensAtMs, saleOpensAtMs, policy: { ...WIDE_POLICY, ...policy } };
    await this.store.open(concertId, opening);
    return concertId;
  }

  /** Gives a user, a new one by default, a place. */
  async join(concertId: string, userId: string = randomUUID(), by = this.store): Promise<PlaceSnapshot> {
    const result = await by.join(concertId, userId);
    if (result.kind !== 'joined') throw new Error(`joining came to ${result.kind}`);
    return result.place;
  }

  /** Gives so many new users places, one after the other. */
  async joinMany(concertId: string, count: number): Promise<readonly PlaceSnapshot[]> {
    const places: PlaceSnapshot[] = [];
    for (let each = 0; each < count; each += 1) places.push(await this.join(concertId));
    return places;
  }

  /** Reads a place without touching it. */
  async read(claims: PlaceClaims, touch = false): Promise<PlaceSnapshot> {
    const [place] = (await this.store.read(claims.concertId, [claims], touch)) ?? [];
    if (!place) throw new Error('there is no such line');
    return place;
  }

  /** The numbers of the places that are in a state, of those given. */
  async numbersIn(state: PlaceSnapshot['state'], places: readonly PlaceSnapshot[]): Promise<readonly number[]> {
    const read = await this.store.read(places[0]?.concertId ?? '', places, false);
    return (read ?? []).filter((place) => place.state === state).map((place) => place.number);
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
