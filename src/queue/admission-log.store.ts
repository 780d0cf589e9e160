import { join } from 'node:path';
import type { RedisClient } from '../infrastructure/redis/client.ts';
import { listOf, LuaScript, numberOf } from '../infrastructure/redis/lua-script.ts';
import { kindOfLetter, type AdmissionEvent } from './admission-log.ts';
import { lineKeys } from './queue.keys.ts';

const script = (name: string) => new LuaScript(join(import.meta.dirname, 'lua', `${name}.lua`));
const READ_CLOCK = script('read-clock-1');

/** An event with its place in Redis's stream. */
export interface LoggedEvent extends AdmissionEvent {
  readonly entryId: string;
}

/** The admission logs in Redis, where the scripts of the line append to them in the step that they tell of. */
export class AdmissionLogStore {
  readonly #redis: RedisClient;

  constructor(redis: RedisClient) {
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

  /**
   * The clock by which the log's entries are dated, milliseconds since 1970, and how many of them there are. In a cluster
   * each node has a clock of its own: asked is the one that has the concert.
   */
  async clock(concertId: string): Promise<{ readonly nowMs: number; readonly entries: number }> {
    const [nowMs, entries] = listOf(await READ_CLOCK.run(this.#redis, [lineKeys(concertId).log], []));
    return { nowMs: numberOf(nowMs), entries: numberOf(entries) };
  }

  /** Forgets what was moved. */
  async trim(concertId: string, lastEntryId: string): Promise<void> {
    const key = lineKeys(concertId).log;
    await this.#redis.xtrim(key, 'MINID', lastEntryId);
    await this.#redis.xdel(key, lastEntryId);
  }
}
