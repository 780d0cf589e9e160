import type { SeatMap } from './seat-map.ts';

/** What the catalog has to know of the seats' live state, which is not its own. */
export interface SeatAvailability {
  /**
   * Counts the seats that are held or sold.
   *
   * @param performanceIds performances of the concert
   * @returns the count by performance id; one that is missing has none
   */
  takenSeats(concertId: string, performanceIds: readonly string[]): Promise<ReadonlyMap<string, number>>;

  /** Reads the live state of all seats of a performance at one moment. */
  seatMap(concertId: string, performanceId: string): Promise<SeatMap>;
}
