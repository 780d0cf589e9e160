import type { OutboxEvent } from '../../shared/outbox-event.entity.ts';
import type { RedisClient } from './client.ts';
import { translateRedisError } from './errors.ts';

/** Stream: what happened, for other systems; examples/events reads it. One key, in a slot of a cluster by its own name. */
export const EVENTS_KEY = 'frontrow:events';

/** What the stream needs. */
export interface EventStreamOptions {
  readonly redis: RedisClient;
  /** About how many entries are kept; the oldest go. */
  readonly maxLength: number;
  /** The key; EVENTS_KEY if not said. */
  readonly key?: string;
}

/** An event as it is told. */
export type ToldEvent = Pick<OutboxEvent, 'eventId' | 'type' | 'payload' | 'createdAt'>;

/** The stream of events for other systems: each is there at least once, and its id tells whether it was seen before. */
export class EventStream {
  readonly #options: EventStreamOptions;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /**
   * Appends an event: `id` to know it by, `type`, `payload` as JSON and `at`, when it happened, ISO 8601.
   *
   * @throws STORE_UNAVAILABLE; the event may be in the stream then
   */
  async append({ eventId, type, payload, createdAt }: ToldEvent): Promise<void> {
    const { redis, maxLength, key = EVENTS_KEY } = this.#options;
    const fields = ['id', eventId, 'type', type, 'payload', JSON.stringify(payload), 'at', createdAt.toISOString()];
    try {
      await redis.xadd(key, 'MAXLEN', '~', maxLength, '*', ...fields);
    } catch (error) {
      throw translateRedisError(error) ?? error;
    }
  }
}
