import { Cluster, Redis } from 'ioredis';
import { pino } from 'pino';
import * as client from '../../src/infrastructure/redis/client.ts';
import type { RedisClient } from '../../src/infrastructure/redis/client.ts';
import { concertPrefix, lineKeys } from '../../src/queue/index.ts';
import { getBackend } from './backend.ts';

const logger = pino({ level: 'silent' });
const COMMAND_TIMEOUT_MS = 10_000;

/**
 * Connects to a Redis, the way the server does.
 *
 * @param url of a server of a test's own; the shared one by default
 */
export async function connectRedis(name = 'test', url?: string): Promise<RedisClient> {
  const redis = client.createRedis({
    url: url ?? (await getBackend()).redisUrl,
    commandTimeoutMs: COMMAND_TIMEOUT_MS,
    logger,
    name,
  });
  await client.connectRedis(redis);
  return redis;
}

/** Connects to a single server, for what a cluster has no answer to. */
export async function connectServer(name = 'test', url?: string): Promise<Redis> {
  const redis = await connectRedis(name, url);
  if (redis instanceof Redis) return redis;
  throw new Error('this is a cluster');
}

/** Connects for subscriptions, the way the server does. */
export async function connectSubscriber(redis: RedisClient, url?: string): Promise<Redis> {
  const options = {
    url: url ?? (await getBackend()).redisUrl,
    commandTimeoutMs: COMMAND_TIMEOUT_MS,
    logger,
    name: 'test-subscriber',
  };
  const subscriber = client.createSubscriber(options, redis);
  await subscriber.connect();
  return subscriber;
}

/** Connects several times, as several instances do. */
export async function connectAll(count: number): Promise<readonly RedisClient[]> {
  return Promise.all(Array.from({ length: count }, () => connectRedis()));
}

/** The time by Redis's clock, milliseconds since 1970: the clock of every rule of the line and of holds. */
export async function redisNowMs(redis: RedisClient): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}

/** Deletes everything that Redis has of a concert, as if it had lost it. */
export async function forgetConcert(redis: RedisClient, concertId: string): Promise<void> {
  const keys = await keysOf(redis, concertId);
  if (keys.length > 0) await redis.del(...keys);
}

/** The names of all keys of a concert. */
export async function keysOf(redis: RedisClient, concertId: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const node of redis instanceof Cluster ? redis.nodes('master') : [redis]) {
    for await (const keys of node.scanStream({ match: `${concertPrefix(concertId)}:*`, count: 1_000 })) {
      for (const key of keys as string[]) found.add(key);
    }
  }
  return [...found];
}

const COUNT_INSIDE = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  return redis.call('ZCOUNT', KEYS[1], '(' .. now, '+inf')`;

/** How many are admitted at this moment, judged by the time as the doors judge it. */
export async function countInside(redis: RedisClient, concertId: string): Promise<number> {
  return Number(await redis.eval(COUNT_INSIDE, 1, lineKeys(concertId).admitted));
}
