/** Which seats of a performance cannot be had, at one moment. */
export interface SeatMap {
  /** Counts up with every change of the map. */
  readonly version: bigint;
  /** The moment at which the map is true, milliseconds since 1970. */
  readonly asOfMs: number;
  /** Numbers of the seats that somebody holds for now. */
  readonly held: ReadonlySet<number>;
  /** Numbers of the seats that somebody owns. */
  readonly sold: ReadonlySet<number>;
}

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
