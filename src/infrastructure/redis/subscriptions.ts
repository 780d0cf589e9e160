import type { Redis } from 'ioredis';

/** Told what was said on a channel. */
export type Listener = (message: string) => void;

/** Ends a subscription. */
export type Unsubscribe = () => void;

/**
 * The subscriptions of one instance: one connection, and one subscription a channel however many listen. After a
 * reconnect all channels are subscribed again; what was published meanwhile is lost, so listeners also look by time.
 */
export class Subscriptions {
  readonly #redis: Redis;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #onError: (error: unknown) => void;

  /**
   * @param redis a connection used for nothing else
   * @param onError told when a subscription could not be sent; the next reconnect sends it again
   */
  constructor(redis: Redis, onError: (error: unknown) => void) {
    this.#redis = redis;
    this.#onError = onError;
    redis.on('ready', () => this.#send([...this.#listeners.keys()]));
    redis.on('message', (channel: string, message: string) =>
      this.#listeners.get(channel)?.forEach((listener) => listener(message)),
    );
  }

  /** Calls the listener for every message of the channel. */
  listen(channel: string, listener: Listener): Unsubscribe {
    const listeners = this.#listeners.get(channel) ?? new Set();
    listeners.add(listener);
    if (!this.#listeners.has(channel)) {
      this.#listeners.set(channel, listeners);
      if (this.#redis.status === 'ready') this.#send([channel]);
    }
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0 || this.#listeners.get(channel) !== listeners) return;
      this.#listeners.delete(channel);
      if (this.#redis.status === 'ready') this.#redis.unsubscribe(channel).catch(this.#onError);
    };
  }

  #send(channels: readonly string[]): void {
    if (channels.length > 0) this.#redis.subscribe(...channels).catch(this.#onError);
  }
}
