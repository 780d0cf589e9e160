import type { PerformanceView } from './concert-view.ts';
import type { Seat } from './layout.ts';
import type { SeatMap } from './seat-availability.port.ts';

/** Whether somebody can have a seat, as in `Seat.State`. */
export type SeatState = 'AVAILABLE' | 'HELD' | 'SOLD';

/** A seat with its state. */
export interface ListedSeat extends Seat {
  readonly state: SeatState;
}

/** All seats of a performance with their state at one moment. */
export interface SeatListing {
  readonly performance: PerformanceView;
  /** Counts up with every change. */
  readonly version: bigint;
  /** The moment at which the states are true, milliseconds since 1970. */
  readonly asOfMs: number;
  /** How many are AVAILABLE. */
  readonly seatsFree: number;
  /** By number. */
  readonly seats: readonly ListedSeat[];
}

/** Puts the live state beside each seat. A seat that is held and sold is sold: the sale is what lasts. */
export function seatListing(performance: PerformanceView, { version, asOfMs, held, sold }: SeatMap): SeatListing {
  const seats = performance.seats.map((seat): ListedSeat => {
    const state = sold.has(seat.number) ? 'SOLD' : held.has(seat.number) ? 'HELD' : 'AVAILABLE';
    return { ...seat, state };
  });
  const seatsFree = seats.filter((seat) => seat.state === 'AVAILABLE').length;
  return { performance, version, asOfMs, seatsFree, seats };
}
