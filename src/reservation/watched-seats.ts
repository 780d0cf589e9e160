import type { SeatChangeCause, SeatChanges, SeatMap, SeatMapPart, SeatState } from '../catalog/index.ts';
import type { SeatMessage } from './seat-changes.ts';
import type { SeatWatcher } from './seat-watcher.ts';

/** Seats in one part of a map: some tens of kilobytes. */
const PART = 10_000;
/** Messages that wait for a reading; one that takes so long is made again. */
const MAX_EARLY = 10_000;

const STATE_AFTER: Readonly<Record<SeatChangeCause, SeatState>> = {
  held: 'HELD',
  released: 'AVAILABLE',
  expired: 'AVAILABLE',
  sold: 'SOLD',
  refunded: 'AVAILABLE',
};

/**
 * The seats of one performance as the watchers of one instance see them: a map that was read, moved on by what is heard.
 * What is heard gathers until it is shown, so that whoever comes in between gets the map as it was shown last, and the same
 * changes as all others from then on.
 */
export class WatchedSeats {
  readonly watchers = new Set<SeatWatcher<unknown>>();
  #states: SeatState[] = [];
  #seatsFree = 0;
  #shownVersion = 0n;
  #heardVersion = 0n;
  #pending = new Map<number, SeatChangeCause>();
  /** Heard while the map is read. */
  #early: SeatMessage[] = [];
  #isKnown = false;
  /** The map as it was shown last, made once for all who read it. */
  #parts: readonly SeatMapPart[] | undefined;

  /** Whether the map has to be read: at the start, and after a gap. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** The version up to which everything was heard. */
  get heardVersion(): bigint {
    return this.#heardVersion;
  }

  /** Takes what was heard. Something is missing before it where its version is not the next. */
  hear(message: SeatMessage): void {
    if (!this.#isKnown) {
      this.#early.push(message);
      if (this.#early.length > MAX_EARLY) this.#early.shift();
      return;
    }
    if (message.version <= this.#heardVersion) return;
    if (message.version !== this.#heardVersion + 1n || message.changes.length === 0) {
      this.forget();
      return;
    }
    this.#heardVersion = message.version;
    for (const { cause, seatNumbers } of message.changes) {
      for (const seat of seatNumbers) this.#pending.set(seat, cause);
    }
  }

  /** Something was missed: the map has to be read again. */
  forget(): void {
    this.#isKnown = false;
    this.#pending.clear();
  }

  /** The map is read from now on: what was heard before is in it. */
  expectMap(): void {
    this.#early = [];
  }

  /** Takes the map that was read, and gives it to everybody. */
  show(map: SeatMap, seatCount: number): void {
    this.#states = Array.from({ length: seatCount }, (_, index) => map.stateOf(index + 1));
    this.#seatsFree = this.#states.filter((state) => state === 'AVAILABLE').length;
    this.#shownVersion = map.version;
    this.#heardVersion = map.version;
    this.#isKnown = true;
    this.#parts = undefined;
    for (const message of this.#early.splice(0)) this.hear(message);
    for (const watcher of this.watchers) watcher.offerMap();
  }

  /** Gives what has gathered to everybody, as one event; returns whether there was something. */
  flush(): boolean {
    if (this.#pending.size === 0) return false;
    const seats = { held: [], released: [], expired: [], sold: [], refunded: [] } as Record<SeatChangeCause, number[]>;
    for (const [seat, cause] of this.#pending) {
      seats[cause].push(seat);
      const before = this.#states[seat - 1];
      const after = STATE_AFTER[cause];
      this.#seatsFree += Number(after === 'AVAILABLE') - Number(before === 'AVAILABLE');
      this.#states[seat - 1] = after;
    }
    this.#pending = new Map();
    const fromVersion = this.#shownVersion;
    this.#shownVersion = this.#heardVersion;
    this.#parts = undefined;
    const { seatsFree } = this;
    const event: SeatChanges = { kind: 'changes', fromVersion, version: this.#shownVersion, seatsFree, ...seats };
    for (const watcher of this.watchers) watcher.offerChanges(event);
    return true;
  }

  /** How many seats can be had, as it was shown last. */
  get seatsFree(): number {
    return this.#seatsFree;
  }

  /** The map as it was shown last, in parts. */
  parts(): readonly SeatMapPart[] {
    this.#parts ??= this.#makeParts();
    return this.#parts;
  }

  #makeParts(): readonly SeatMapPart[] {
    const parts: SeatMapPart[] = [];
    for (let start = 0; start === 0 || start < this.#states.length; start += PART) {
      const lastSeat = Math.min(start + PART, this.#states.length);
      const numbers = Array.from({ length: lastSeat - start }, (_, index) => start + index + 1);
      parts.push({
        kind: 'map',
        version: this.#shownVersion,
        seatsFree: this.#seatsFree,
        firstSeat: start + 1,
        lastSeat,
        complete: lastSeat === this.#states.length,
        held: numbers.filter((number) => this.#states[number - 1] === 'HELD'),
        sold: numbers.filter((number) => this.#states[number - 1] === 'SOLD'),
      });
    }
    return parts;
  }
}
