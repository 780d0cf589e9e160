import type { Redis } from 'ioredis';
import { kindOfLetter, type AdmissionEvent } from './admission-log.ts';
import { lineKeys } from './queue.keys.ts';

/** An event with its place in Redis's stream. */
export interface LoggedEvent extends AdmissionEvent {
  readonly entryId: string;
}

/** The admission logs in Redis, where the scripts of the line append to them in the step that they tell of. */
export class AdmissionLogStore {
  readonly #redis: Redis;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /**
   * Reads events in their order.
   *
   * @param afterId the last entry that was moved; undefined for the beginning
   * @param beforeMs only what is older, by Redis's clock
   * @param limit how many entries at most; an entry may hold several events, all of which are read
   */
  async read(
    concertId: string,
    afterId: string | undefined,
    beforeMs: number,
    limit: number,
  ): Promise<readonly LoggedEvent[]> {
    const start = afterId === undefined ? '-' : `(${afterId}`;
    const entries = await this.#redis.xrange(lineKeys(concertId).log, start, beforeMs, 'COUNT', limit);
    return entries.flatMap(([entryId, fields]) => {
      const [, letter = '', , epoch, , numbers = ''] = fields;
      const kind = kindOfLetter(letter);
      if (!kind) throw new TypeError('the stream has an entry of an unknown kind');
      const atMs = Number(entryId.slice(0, entryId.indexOf('-')));
      return numbers
        .split(',')
        .map((number) => ({ kind, epoch: Number(epoch), number: Number(number), atMs, entryId }));
    });
  }

  /** Redis's clock, milliseconds since 1970. */
  async nowMs(): Promise<number> {
    const [seconds, microseconds] = await this.#redis.time();
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  }

  /** Forgets what was moved. */
  async trim(concertId: string, lastEntryId: string): Promise<void> {
    const key = lineKeys(concertId).log;
    await this.#redis.xtrim(key, 'MINID', lastEntryId);
    await this.#redis.xdel(key, lastEntryId);
  }
}
