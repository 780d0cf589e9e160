import { SeatMap } from '../../src/catalog/index.ts';

/** Seats that are not free, by number. */
export interface TakenSeats {
  readonly held: readonly number[];
  readonly sold: readonly number[];
}

/** What a map is made of, where it is not left to the default. */
export interface MapGiven extends Partial<TakenSeats> {
  readonly version?: bigint;
  readonly asOfMs?: number;
}

/** A map of a hall of which these seats are not free. */
export function seatMapWith({ version = 1n, asOfMs = 0, held = [], sold = [] }: MapGiven = {}): SeatMap {
  return new SeatMap({ version, asOfMs, taken: bitsOf([...held, ...sold]), sold: bitsOf(sold) });
}

/** The bits of these numbers, as Redis writes them: the highest bit of a byte first. */
export function bitsOf(numbers: readonly number[]): Buffer {
  const bits = Buffer.alloc(Math.ceil((Math.max(0, ...numbers) + 1) / 8));
  for (const number of numbers) bits.writeUInt8(bits.readUInt8(number >> 3) | (128 >> (number & 7)), number >> 3);
  return bits;
}

/**
 * The seats of a map that are not free.
 *
 * @param seatCount how many seats the performance has
 */
export function takenSeats(map: SeatMap, seatCount = 50): TakenSeats {
  const numbers = Array.from({ length: seatCount }, (_, index) => index + 1);
  const inState = (state: string) => numbers.filter((number) => map.stateOf(number) === state);
  return { held: inState('HELD'), sold: inState('SOLD') };
}
