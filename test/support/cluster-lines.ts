import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis as RedisServer } from '../../scripts/stack/redis.ts';
import { translateRedisError } from '../../src/infrastructure/redis/errors.ts';
import type { TestLines } from './line.ts';
import type { RedisCluster } from './redis-cluster.ts';

/** How a call ended, and after what time. */
export interface Outcome {
  /** The number that it was given; undefined where it failed. */
  readonly number: number | undefined;
  /** Why it failed, as callers are told. */
  readonly reason: string | undefined;
  readonly tookMs: number;
}

/** Opens a line that lives on a node of a cluster. */
export async function lineOn(lines: TestLines, cluster: RedisCluster, node: RedisServer): Promise<string> {
  for (;;) {
    const concertId = randomUUID();
    if ((await cluster.nodeOf(concertId)) !== node) continue;
    await lines.openLine(concertId);
    return concertId;
  }
}

/** Joins a line as a new user. */
export async function tryToJoin(lines: TestLines, concertId: string): Promise<Outcome> {
  const startMs = performance.now();
  const tookMs = () => performance.now() - startMs;
  try {
    const { number } = await lines.join(concertId);
    return { number, reason: undefined, tookMs: tookMs() };
  } catch (error) {
    const reason = translateRedisError(error)?.reason ?? String(error);
    return { number: undefined, reason, tookMs: tookMs() };
  }
}

/** New users who join a line, several at a time, until they are stopped. */
export function startJoining(lines: TestLines, concertId: string) {
  const outcomes: Outcome[] = [];
  let isOver = false;
  const lane = async () => {
    while (!isOver) {
      outcomes.push(await tryToJoin(lines, concertId));
      // A refusal takes no time at all: without a pause nothing else would be served.
      await delay(2);
    }
  };
  const lanes = Promise.all(Array.from({ length: 4 }, lane));
  return {
    outcomes,
    /** How many were given a number so far. */
    joined: () => outcomes.filter(({ number }) => number !== undefined).length,
    async stop() {
      isOver = true;
      await lanes;
    },
  };
}
