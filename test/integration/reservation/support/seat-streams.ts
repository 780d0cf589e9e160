import type { SeatEvent } from '../../../../src/catalog/index.ts';
import type { MessageReader } from '../../../../src/infrastructure/grpc/message-source.ts';
import { Subscriptions } from '../../../../src/infrastructure/redis/subscriptions.ts';
import { SeatHub } from '../../../../src/reservation/index.ts';
import type { SeatWatcher } from '../../../../src/reservation/seat-watcher.ts';
import { systemClock } from '../../../../src/shared/clock.ts';
import type { PlaceClaims } from '../../../../src/shared/place-claims.ts';
import type { Instance } from '../../../support/instance.ts';
import { connectSubscriber } from '../../../support/redis.ts';
import { SeatReplay } from '../../../support/seat-replay.ts';
import { waitUntil } from '../../../support/wait-until.ts';

/** A stream of seats that is read, and the map that it makes. */
export class SeatStream implements MessageReader {
  readonly events: SeatEvent[] = [];
  readonly replay = new SeatReplay();
  /** What a message did not follow from. */
  failure: unknown;
  /** Whoever reads nothing for now. */
  isFull = false;
  readonly #watcher: SeatWatcher<SeatEvent>;

  constructor(watcher: SeatWatcher<SeatEvent>) {
    this.#watcher = watcher;
    watcher.readBy(this);
    this.wake();
  }

  wake(): void {
    try {
      while (!this.isFull) {
        const event = this.#watcher.take();
        if (!event) return;
        this.events.push(event);
        this.replay.take(event);
      }
    } catch (error) {
      this.failure ??= error;
      this.#watcher.close();
    }
  }

  /** Reads on. */
  drain(): void {
    this.isFull = false;
    this.wake();
  }

  /** Waits for something to be true of what was read. */
  async until(what: string, condition: (replay: SeatReplay) => boolean): Promise<void> {
    const isSo = () => {
      if (this.failure !== undefined) throw new Error('the stream failed', { cause: this.failure });
      return condition(this.replay);
    };
    await waitUntil(isSo, { what });
  }

  /** The caller goes away. */
  close(): void {
    this.#watcher.close();
  }
}

/** The hub of an instance, on a subscription of its own, as the server wires it. */
export interface OpenHub {
  readonly hub: SeatHub;
  /** Opens a stream. */
  watch(claims: PlaceClaims, performanceId: string): SeatStream;
  /** Cuts the connection on which it hears. */
  cut(): void;
  close(): Promise<void>;
}

/** Opens the hub of an instance. */
export async function openSeatHub(instance: Instance, onError: (error: unknown) => void): Promise<OpenHub> {
  const subscriber = await connectSubscriber(instance.redis);
  const { liveSeats, catalog, queue } = instance;
  const hub = new SeatHub({
    liveSeats,
    signals: new Subscriptions(subscriber, onError),
    findPerformance: (performanceId) => catalog.findPerformance(performanceId),
    areAdmitted: async (concertId, claims) =>
      (await queue.read(concertId, claims)).map(({ state }) => state === 'ADMITTED'),
    clock: systemClock,
    random: Math.random,
    heartbeatMs: 15_000,
    onError,
  });
  return {
    hub,
    watch: (claims, performanceId) => new SeatStream(hub.watch(claims, performanceId, (event) => event)),
    cut: () => void subscriber.stream.destroy(),
    async close() {
      await hub.stop();
      subscriber.disconnect();
    },
  };
}
