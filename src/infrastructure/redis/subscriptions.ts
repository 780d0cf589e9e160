import type { Redis } from 'ioredis';

/** Told what was said on a channel. */
export type Listener = (message: string) => void;

/** Told that a channel is subscribed, the first time or again: what was said on it before was not heard. */
export type GapListener = () => void;

/** Ends a subscription. */
export type Unsubscribe = () => void;

/**
 * The subscriptions of one instance: one connection, and one subscription a channel however many listen. After a
 * reconnect all channels are subscribed again; what was published meanwhile is lost, so listeners also look by time, or
 * have themselves told of the gap.
 */
export class Subscriptions {
  readonly #redis: Redis;
  readonly #listeners = new Map<string, Map<Listener, GapListener | undefined>>();
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
      this.#listeners.get(channel)?.forEach((_onGap, listener) => listener(message)),
    );
  }

  /**
   * Calls the listener for every message of the channel.
   *
   * @param onGap called whenever messages may have been missed, once new ones are heard
   */
  listen(channel: string, listener: Listener, onGap?: GapListener): Unsubscribe {
    const listeners = this.#listeners.get(channel) ?? new Map<Listener, GapListener | undefined>();
    listeners.set(listener, onGap);
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
    if (channels.length === 0) return;
    const told = () => channels.forEach((channel) => this.#listeners.get(channel)?.forEach((onGap) => onGap?.()));
    this.#redis
      .subscribe(...channels)
      .then(told)
      .catch(this.#onError);
  }
}
