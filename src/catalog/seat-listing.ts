import type { PerformanceView } from './concert-view.ts';
import type { Seat } from './layout.ts';
import type { SeatMap, SeatState } from './seat-map.ts';

/** A seat with its state. */
export interface ListedSeat extends Seat {
  readonly state: SeatState;
}

/** Which seats of a performance are listed; undefined is all. */
export interface SeatFilter {
  readonly state: SeatState | undefined;
  /** The section's name. */
  readonly section: string | undefined;
}

/** Seats of a performance with their state at one moment. */
export interface SeatListing {
  readonly performance: PerformanceView;
  /** Counts up with every change. */
  readonly version: bigint;
  /** The moment at which the states are true, milliseconds since 1970. */
  readonly asOfMs: number;
  /** How many of the performance are AVAILABLE, whatever is listed. */
  readonly seatsFree: number;
  /** Those that the filter lets through, by number. */
  readonly seats: readonly ListedSeat[];
}

/** Puts the live state beside each seat. */
export function seatListing(performance: PerformanceView, map: SeatMap, filter: SeatFilter): SeatListing {
  const seats: ListedSeat[] = [];
  let seatsFree = 0;
  for (const seat of performance.seats) {
    const state = map.stateOf(seat.number);
    if (state === 'AVAILABLE') seatsFree += 1;
    if (filter.state !== undefined && filter.state !== state) continue;
    if (filter.section !== undefined && filter.section !== seat.section) continue;
    seats.push({ ...seat, state });
  }
  return { performance, version: map.version, asOfMs: map.asOfMs, seatsFree, seats };
}
