// @ts-check

// Remembering the id and the effect are one step, so no crash can come between them.
const ADD_ONCE = `
  if redis.call('ZADD', KEYS[1], 'NX', ARGV[1], ARGV[2]) == 0 then return 0 end
  redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - ARGV[3])
  if ARGV[5] ~= '0' then redis.call('HINCRBY', KEYS[2], ARGV[4], ARGV[5]) end
  return 1`;

/** What an event does to the seats that are sold. */
const SIGNS = new Map([
  ['PAID', 1],
  ['REFUNDED', -1],
]);

/** How many seats each performance has sold, in a hash of Redis: each event counts once, however often it is seen. */
export class SeatReport {
  #redis;
  #keys;
  #remembered;

  /**
   * @param {import('ioredis').Redis} redis
   * @param {string} name of the report; its keys share a slot of a cluster
   * @param {number} remembered how many ids are kept to know a repetition by; it has to reach as far back as one may come
   */
  constructor(redis, name, remembered = 100_000) {
    this.#redis = redis;
    this.#keys = [`{${name}}:ids`, `{${name}}:seats`];
    this.#remembered = remembered;
  }

  /**
   * Counts an event.
   *
   * @param {import('./consumer.js').FrontrowEvent} event
   * @returns {Promise<boolean>} whether it was new
   */
  async add({ id, type, payload }) {
    const seats = (SIGNS.get(type) ?? 0) * (payload?.seatNumbers?.length ?? 0);
    const seenAtMs = Date.now();
    const values = [seenAtMs, id, this.#remembered, payload?.performanceId ?? '', seats];
    return (await this.#redis.eval(ADD_ONCE, this.#keys.length, ...this.#keys, ...values)) === 1;
  }
}
