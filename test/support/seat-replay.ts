import type { SeatChangeCause, SeatChanges, SeatEvent, SeatMapPart, SeatState } from '../../src/catalog/index.ts';
import type { TakenSeats } from './seats.ts';

const STATE_AFTER: Readonly<Record<SeatChangeCause, SeatState>> = {
  held: 'HELD',
  released: 'AVAILABLE',
  expired: 'AVAILABLE',
  sold: 'SOLD',
  refunded: 'AVAILABLE',
};
const CAUSES = Object.keys(STATE_AFTER) as SeatChangeCause[];

/** The map as a reader of a stream makes it of nothing but the messages. Throws where one does not follow from those before. */
export class SeatReplay {
  /** The states by seat number; undefined while a map has begun and is not complete. */
  states: ReadonlyMap<number, SeatState> | undefined;
  version = -1n;
  /** How many whole maps came. */
  maps = 0;
  /** What happened to each seat, in order. */
  readonly causes: string[] = [];
  #begun = new Map<number, SeatState>();
  #next: number | undefined;

  /** The seats that are not free; undefined where no whole map is there. */
  get taken(): TakenSeats | undefined {
    if (!this.states) return undefined;
    const inState = (wanted: SeatState) =>
      [...(this.states ?? [])].filter(([, state]) => state === wanted).map(([number]) => number);
    return { held: inState('HELD'), sold: inState('SOLD') };
  }

  /** Takes the next message of the stream. */
  take(event: SeatEvent): void {
    if (event.kind === 'map') this.#takePart(event);
    if (event.kind === 'changes') this.#takeChanges(event);
  }

  #takePart(part: SeatMapPart): void {
    if (part.firstSeat === 1) {
      this.#begun = new Map();
      this.#next = 1;
      this.states = undefined;
      this.version = part.version;
    }
    if (part.firstSeat !== this.#next) throw new Error(`the part from ${part.firstSeat} is not the next`);
    if (part.version !== this.version) throw new Error('the parts of a map have two versions');
    for (let seat = part.firstSeat; seat <= part.lastSeat; seat += 1) this.#begun.set(seat, 'AVAILABLE');
    for (const seat of part.held) this.#put(this.#begun, seat, 'HELD');
    for (const seat of part.sold) this.#put(this.#begun, seat, 'SOLD');
    this.#next = part.complete ? undefined : part.lastSeat + 1;
    if (!part.complete) return;
    this.states = this.#begun;
    this.maps += 1;
    this.#checkFree(part.seatsFree);
  }

  #takeChanges(changes: SeatChanges): void {
    if (!this.states) throw new Error('changes came before a whole map');
    if (changes.fromVersion !== this.version) {
      throw new Error(`changes from ${changes.fromVersion} came where the map has ${this.version}`);
    }
    const states = new Map(this.states);
    const seen = new Set<number>();
    for (const cause of CAUSES) {
      for (const seat of changes[cause]) {
        if (seen.has(seat)) throw new Error(`seat ${seat} changes twice in one message`);
        seen.add(seat);
        this.#put(states, seat, STATE_AFTER[cause]);
        this.causes.push(`${cause} ${seat}`);
      }
    }
    this.states = states;
    this.version = changes.version;
    this.#checkFree(changes.seatsFree);
  }

  #put(states: Map<number, SeatState>, seat: number, state: SeatState): void {
    if (!states.has(seat)) throw new Error(`there is no seat ${seat} in this part`);
    states.set(seat, state);
  }

  #checkFree(told: number): void {
    const free = [...(this.states ?? [])].filter(([, state]) => state === 'AVAILABLE').length;
    if (told !== free) throw new Error(`${told} seats are said to be free where the map has ${free}`);
  }
}
