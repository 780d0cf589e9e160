// @ts-check
import { setTimeout as delay } from 'node:timers/promises';

/**
 * @typedef {object} FrontrowEvent
 * @property {string} id the same whenever the event is seen again
 * @property {string} type such as PAID
 * @property {any} payload
 * @property {string} at when it happened, ISO 8601
 *
 * @typedef {object} ConsumerOptions
 * @property {import('ioredis').Redis} redis a connection of its own: reading blocks it
 * @property {string} key of the stream
 * @property {string} group one for each system: every group gets every event
 * @property {string} name of this consumer, the same after a restart: what it had in hand it gets first
 * @property {(event: FrontrowEvent) => Promise<void>} apply the effect; called again for an event that was seen before
 * @property {(error: unknown) => void} onError told of what is tried again
 * @property {number} [count] entries read at a time
 * @property {number} [blockMs] how long a read waits for news, milliseconds
 * @property {number} [claimAfterMs] when what another consumer left in hand is taken over, milliseconds
 * @property {number} [retryMs] pause after a failure, milliseconds
 */

const defaults = { count: 100, blockMs: 5_000, claimAfterMs: 60_000, retryMs: 500 };

/**
 * Reads the events of a Frontrow server in their order, each at least once: an entry is acknowledged after its effect, and
 * an entry whose effect fails is tried again before any later one.
 */
export class EventConsumer {
  #options;
  #isStopped = false;
  #claimDueMs = 0;

  /** @param {ConsumerOptions} options */
  constructor(options) {
    this.#options = { ...defaults, ...options };
  }

  /** Consumes until it is stopped, whatever happens to the connection or to an effect. */
  async run() {
    const { retryMs, onError } = this.#options;
    while (!this.#isStopped) {
      try {
        await this.#createGroup();
        // First what was in hand when a connection broke, a process died or an effect failed.
        while ((await this.#read('0')) > 0);
        while (!this.#isStopped) {
          await this.#takeOver();
          await this.#read('>');
        }
      } catch (error) {
        if (this.#isStopped) return;
        onError(error);
        await delay(retryMs);
      }
    }
  }

  /** Stops: what is in hand comes again at the next start. */
  stop() {
    this.#isStopped = true;
    this.#options.redis.disconnect();
  }

  /** Also after Redis has lost everything, and the group with it. */
  async #createGroup() {
    const { redis, key, group } = this.#options;
    try {
      await redis.xgroup('CREATE', key, group, '0', 'MKSTREAM');
    } catch (error) {
      if (!String(error).includes('BUSYGROUP')) throw error;
    }
  }

  /** @param {'0' | '>'} from what is in hand, or what is new */
  async #read(from) {
    const { redis, key, group, name, count, blockMs } = this.#options;
    const reply = await redis.xreadgroup('GROUP', group, name, 'COUNT', count, 'BLOCK', blockMs, 'STREAMS', key, from);
    const entries = /** @type {[string, [string, string[] | null][]][] | null} */ (reply)?.[0]?.[1] ?? [];
    await this.#consume(entries);
    return entries.length;
  }

  /** Takes over what consumers that are gone for good had in hand. */
  async #takeOver() {
    if (performance.now() < this.#claimDueMs) return;
    const { redis, key, group, name, count, claimAfterMs } = this.#options;
    for (let cursor = '0-0', isFirst = true; isFirst || cursor !== '0-0'; isFirst = false) {
      const reply = await redis.xautoclaim(key, group, name, claimAfterMs, cursor, 'COUNT', count);
      const [next, entries] = /** @type {[string, [string, string[] | null][]]} */ (reply);
      await this.#consume(entries);
      cursor = next;
    }
    this.#claimDueMs = performance.now() + claimAfterMs / 2;
  }

  /** @param {readonly [string, string[] | null][]} entries */
  async #consume(entries) {
    const { redis, key, group, apply, onError } = this.#options;
    for (const [entryId, fields] of entries) {
      if (this.#isStopped) return;
      if (fields) await apply(eventOf(fields));
      else onError(new Error(`entry ${entryId} was trimmed before it was read`));
      await redis.xack(key, group, entryId);
    }
  }
}

/**
 * @param {readonly string[]} fields names and values in turn
 * @returns {FrontrowEvent}
 */
function eventOf(fields) {
  /** @type {Record<string, string>} */
  const named = {};
  for (let index = 0; index + 1 < fields.length; index += 2) named[fields[index] ?? ''] = fields[index + 1] ?? '';
  const { id = '', type = '', payload = 'null', at = '' } = named;
  return { id, type, payload: JSON.parse(payload), at };
}
