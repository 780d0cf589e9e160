import type { RedisClient } from '../infrastructure/redis/client.ts';
import type { Subscriptions } from '../infrastructure/redis/subscriptions.ts';
import type { ConcertChangeListener, ConcertChanges } from './concert-changes.port.ts';

/** The channel on which instances tell each other the ids of concerts that have changed. */
export const CHANGED_CONCERTS_CHANNEL = 'frontrow:concerts:changed';

/** Tells of changed concerts through Redis. */
export class ConcertChangesStore implements ConcertChanges {
  readonly #redis: RedisClient;
  readonly #subscriptions: Pick<Subscriptions, 'listen'>;

  /** @param redis a connection that is not the one of the subscriptions */
  constructor(redis: RedisClient, subscriptions: Pick<Subscriptions, 'listen'>) {
    this.#redis = redis;
    this.#subscriptions = subscriptions;
  }

  /** Tells all instances that listen now. */
  async announce(concertId: string): Promise<void> {
    await this.#redis.publish(CHANGED_CONCERTS_CHANNEL, concertId);
  }

  /** Has a listener told of each change, and of each time in which some may have gone unheard. */
  listen(listener: ConcertChangeListener): void {
    this.#subscriptions.listen(
      CHANGED_CONCERTS_CHANNEL,
      (concertId) => listener.changed(concertId),
      () => listener.missed(),
    );
  }
}
