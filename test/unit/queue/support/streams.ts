import type { MessageReader } from '../../../../src/infrastructure/grpc/message-source.ts';
import { PlaceHub, type PlaceHubDeps } from '../../../../src/queue/place-hub.ts';
import type { PlaceWatcher, WatchEvent } from '../../../../src/queue/place-watcher.ts';
import { lineChannel } from '../../../../src/queue/queue.keys.ts';
import type { PlaceSnapshot } from '../../../../src/queue/place.ts';
import type { PlaceClaims } from '../../../../src/shared/place-claims.ts';
import { claimsWith, NOW_MS, snapshotWith } from '../../support/builders.ts';
import { FakeClock } from '../../support/clock.ts';

/** One reader of a stream: the events so far, and when it ended. */
export class Reader implements MessageReader {
  readonly events: WatchEvent[] = [];
  readonly done: Promise<void>;
  readonly #watcher: PlaceWatcher<WatchEvent>;
  readonly #ended = Promise.withResolvers<void>();

  constructor(watcher: PlaceWatcher<WatchEvent>) {
    this.#watcher = watcher;
    this.done = this.#ended.promise;
    watcher.readBy(this);
    this.wake();
  }

  /** The events in few words. */
  get said(): readonly string[] {
    return this.events.map((event) => {
      if (event.kind === 'place') return `${event.place.state} ${event.place.position}`;
      return event.kind === 'end' ? event.reason : event.kind;
    });
  }

  /** The caller goes away. */
  cancel(): void {
    this.#watcher.close();
    this.wake();
  }

  wake(): void {
    for (let event = this.#watcher.take(); event; event = this.#watcher.take()) this.events.push(event);
    if (this.#watcher.isOver) this.#ended.resolve();
  }
}

/** Lets everything that is ready run. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What a hub reads and hears: a line in memory. */
export class FakeLine implements Pick<PlaceHubDeps, 'read' | 'signals'> {
  readonly clock = new FakeClock(NOW_MS);
  /** The places by user id. */
  readonly places = new Map<string, PlaceSnapshot>();
  /** The user ids of each reading. */
  readonly readings: (readonly string[])[] = [];
  readonly listeners = new Map<string, Set<(message: string) => void>>();
  readonly errors: unknown[] = [];
  subscribed = 0;
  fails: Error | undefined;

  read = (_concertId: string, claims: readonly PlaceClaims[]) => {
    this.readings.push(claims.map(({ userId }) => userId));
    if (this.fails) return Promise.reject(this.fails);
    return Promise.resolve(claims.map((each) => this.#placeOf(each)));
  };

  readonly signals = {
    listen: (channel: string, listener: (message: string) => void) => {
      this.subscribed += 1;
      const listeners = this.listeners.get(channel) ?? new Set();
      this.listeners.set(channel, listeners.add(listener));
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) this.listeners.delete(channel);
      };
    },
  };

  /** A hub on this line that the test ticks by hand. */
  hub(): PlaceHub {
    return new PlaceHub({
      read: (concertId, claims) => this.read(concertId, claims),
      signals: this.signals,
      clock: this.clock,
      random: () => 0,
      tickMs: 200,
      heartbeatMs: 15_000,
      onError: (error) => this.errors.push(error),
    });
  }

  /** Puts a user's place where the next reading finds it. */
  put(place: Partial<PlaceSnapshot>): void {
    const snapshot = snapshotWith(place);
    this.places.set(snapshot.userId, snapshot);
  }

  /** Says that the line moved, or something else of it. */
  say(concertId: string, message = 'moved'): void {
    for (const listener of this.listeners.get(lineChannel(concertId)) ?? []) listener(message);
  }

  #placeOf(claims: PlaceClaims): PlaceSnapshot {
    return { ...snapshotWith(this.places.get(claims.userId)), ...claims };
  }
}

/** Opens a stream on a hub. */
export function watch(hub: PlaceHub, claims: PlaceClaims = claimsWith()): Reader {
  return new Reader(hub.watch(claims, (event) => event));
}
