import { Cluster } from 'ioredis';
import type { RedisClient } from './client.ts';

/** Keys that one step of a scan looks at. */
const SCAN_COUNT = 1_000;

/**
 * The names of the keys that match a pattern, in batches, without holding up the server: each key that is there from the
 * beginning to the end comes at least once.
 *
 * @param pattern as `SCAN … MATCH` takes it
 */
export async function* scanKeys(redis: RedisClient, pattern: string): AsyncGenerator<readonly string[]> {
  for (const node of redis instanceof Cluster ? redis.nodes('master') : [redis]) {
    for await (const keys of node.scanStream({ match: pattern, count: SCAN_COUNT })) {
      if ((keys as string[]).length > 0) yield keys as string[];
    }
  }
}
