import { SeatMap, type SeatChangeCause, type SeatEvent, type SeatState } from '../../../../src/catalog/index.ts';
import type { MessageReader } from '../../../../src/infrastructure/grpc/message-source.ts';
import { changesChannel } from '../../../../src/reservation/reservation.keys.ts';
import { SeatHub, type SeatHubDeps } from '../../../../src/reservation/seat-hub.ts';
import type { SeatWatcher } from '../../../../src/reservation/seat-watcher.ts';
import { systemClock } from '../../../../src/shared/clock.ts';
import type { PlaceClaims } from '../../../../src/shared/place-claims.ts';
import { SeatReplay } from '../../../support/seat-replay.ts';
import { claimsWith, CONCERT_ID, NOW_MS, PERFORMANCE_ID, performanceWith } from '../../support/builders.ts';

export const HEARTBEAT_MS = 15_000;

const LETTERS: Readonly<Record<SeatChangeCause, string>> = {
  held: 'H',
  released: 'R',
  expired: 'X',
  sold: 'S',
  refunded: 'F',
};

/** What a script says of seats, such as `held 7`: what happened, and to which of them. */
export type Change = readonly [cause: SeatChangeCause, ...seats: number[]];

/** The map of a hall for the seats that are not free. */
export function mapOf(version: bigint, states: Readonly<Record<number, SeatState>>): SeatMap {
  const [taken, sold] = [new Uint8Array(8_192), new Uint8Array(8_192)];
  for (const [number, state] of Object.entries(states)) {
    const [byte, bit] = [Number(number) >> 3, 128 >> (Number(number) & 7)];
    if (state !== 'AVAILABLE') taken[byte] = (taken[byte] ?? 0) | bit;
    if (state === 'SOLD') sold[byte] = (sold[byte] ?? 0) | bit;
  }
  return new SeatMap({ version, asOfMs: NOW_MS, taken, sold });
}

/** One reader of a stream: the events so far, and the map that they make. */
export class SeatReader implements MessageReader {
  readonly events: SeatEvent[] = [];
  readonly replay = new SeatReplay();
  failure: unknown;
  /** A reader whose connection is full takes nothing. */
  isFull = false;
  readonly #watcher: SeatWatcher<SeatEvent>;

  constructor(watcher: SeatWatcher<SeatEvent>) {
    this.#watcher = watcher;
    watcher.readBy(this);
    this.wake();
  }

  /** The events in few words. */
  get said(): readonly string[] {
    return this.events.map(wordsOf);
  }

  get isOver(): boolean {
    return this.#watcher.isOver;
  }

  /** Reads one message, however full its connection is. */
  takeOne(): string | undefined {
    const event = this.#watcher.take();
    if (!event) return undefined;
    this.events.push(event);
    this.replay.take(event);
    return wordsOf(event);
  }

  /** Reads on. */
  drain(): void {
    this.isFull = false;
    this.wake();
  }

  /** The caller goes away. */
  cancel(): void {
    this.#watcher.close();
  }

  wake(): void {
    try {
      while (!this.isFull && this.takeOne() !== undefined);
    } catch (error) {
      this.failure = error;
      this.#watcher.close();
    }
  }
}

function wordsOf(event: SeatEvent): string {
  if (event.kind === 'heartbeat') return event.kind;
  if (event.kind === 'end') return event.reason;
  if (event.kind === 'map') return `map ${event.version}`;
  const causes = (['held', 'released', 'expired', 'sold', 'refunded'] as const).filter(
    (cause) => event[cause].length > 0,
  );
  return [`${event.fromVersion}-${event.version}`, ...causes.map((cause) => `${cause} ${event[cause].join()}`)].join(
    ' ',
  );
}

/** The seats of a performance in memory, and the way its messages take. */
export class FakeHall implements Pick<SeatHubDeps, 'liveSeats' | 'signals' | 'findPerformance' | 'areAdmitted'> {
  version = 100n;
  states: Record<number, SeatState> = {};
  /** The states at each version. */
  readonly history = new Map<bigint, Readonly<Record<number, SeatState>>>([[100n, {}]]);
  readonly listeners = new Map<string, Set<(message: string) => void>>();
  readonly errors: unknown[] = [];
  /** Users who are out by now. */
  readonly out = new Set<string>();
  readonly admittedReadings: number[] = [];
  subscribed = 0;
  mapReadings = 0;
  fails: Error | undefined;
  seatCount = 50;
  /** Stands between a caller and what it reads. */
  pause: () => Promise<void> = () => Promise.resolve();

  readonly liveSeats = {
    seatMap: async () => {
      this.mapReadings += 1;
      await this.pause();
      if (this.fails) throw this.fails;
      const map = mapOf(this.version, this.states);
      await this.pause();
      return map;
    },
    version: async () => {
      await this.pause();
      if (this.fails) throw this.fails;
      const { version } = this;
      await this.pause();
      return version;
    },
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

  findPerformance = (performanceId: string) =>
    Promise.resolve(performanceWith({ performanceId, seatCount: this.seatCount }));

  areAdmitted = (_concertId: string, claims: readonly PlaceClaims[]) => {
    this.admittedReadings.push(claims.length);
    return Promise.resolve(claims.map(({ userId }) => !this.out.has(userId)));
  };

  /** A hub on this hall, by the clock of the test's fake timers. */
  hub(): SeatHub {
    return new SeatHub({
      liveSeats: this.liveSeats,
      signals: this.signals,
      findPerformance: (performanceId) => this.findPerformance(performanceId),
      areAdmitted: (concertId, claims) => this.areAdmitted(concertId, claims),
      clock: systemClock,
      random: () => 0,
      heartbeatMs: HEARTBEAT_MS,
      onError: (error) => this.errors.push(error),
    });
  }

  /** Changes seats in one step, and says so. */
  change(...changes: readonly Change[]): void {
    this.say(this.changeUnheard(...changes));
  }

  /** Changes seats; returns the message, which nobody heard. */
  changeUnheard(...changes: readonly Change[]): string {
    const after = { held: 'HELD', released: 'AVAILABLE', expired: 'AVAILABLE', sold: 'SOLD', refunded: 'AVAILABLE' };
    this.states = { ...this.states };
    for (const [cause, ...seats] of changes) for (const seat of seats) this.states[seat] = after[cause] as SeatState;
    this.version += 1n;
    this.history.set(this.version, this.states);
    return [`${this.version}`, ...changes.map(([cause, ...seats]) => `${LETTERS[cause]}${seats.join()}`)].join(' ');
  }

  /** Says something on the channel of the performance. */
  say(message: string, performanceId = PERFORMANCE_ID): void {
    for (const listener of this.listeners.get(changesChannel(CONCERT_ID, performanceId)) ?? []) listener(message);
  }
}

/** Opens a stream on a hub. */
export function watchSeats(
  hub: SeatHub,
  claims: PlaceClaims = claimsWith(),
  performanceId: string = PERFORMANCE_ID,
): SeatReader {
  return new SeatReader(hub.watch(claims, performanceId, (event) => event));
}
