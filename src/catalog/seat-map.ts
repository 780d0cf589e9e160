/** Whether somebody can have a seat, as in `Seat.State`. */
export type SeatState = 'AVAILABLE' | 'HELD' | 'SOLD';

/** What a seat map is made of. */
export interface SeatMapParts {
  /** Counts up with every change of the map. */
  readonly version: bigint;
  /** The moment at which the map is true, milliseconds since 1970. */
  readonly asOfMs: number;
  /** Bit for each seat that somebody holds or owns, at its number, the highest bit of a byte first. */
  readonly taken: Uint8Array;
  /** Bit for each seat that somebody owns. */
  readonly sold: Uint8Array;
}

/** Which seats of a performance can be had, at one moment: two bits for each seat, so that a big hall is small. */
export class SeatMap {
  readonly version: bigint;
  readonly asOfMs: number;
  readonly #taken: Uint8Array;
  readonly #sold: Uint8Array;

  constructor({ version, asOfMs, taken, sold }: SeatMapParts) {
    this.version = version;
    this.asOfMs = asOfMs;
    this.#taken = taken;
    this.#sold = sold;
  }

  /** Whether a seat can be had. One that is held and sold is sold: the sale is what lasts. */
  stateOf(seatNumber: number): SeatState {
    if (bitOf(this.#sold, seatNumber)) return 'SOLD';
    return bitOf(this.#taken, seatNumber) ? 'HELD' : 'AVAILABLE';
  }
}

function bitOf(bits: Uint8Array, index: number): boolean {
  return (((bits[index >> 3] ?? 0) >> (7 - (index & 7))) & 1) === 1;
}
