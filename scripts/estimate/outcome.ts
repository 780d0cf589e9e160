/** What a place said at one moment. Times are counted from the opening of the doors. */
export interface Reading {
  readonly number: number;
  readonly atMs: number;
  /** Undefined where the place said nothing. */
  readonly estimateMs: number | undefined;
}

/** The same, and how long the wait really was from then on. */
export interface Sample extends Reading {
  readonly truthMs: number;
}

/** What became of the whole sale. */
export interface SaleOutcome {
  /** Of every fiftieth number, where it was admitted in the end; in the order of time. */
  readonly samples: readonly Sample[];
  readonly admitted: number;
  readonly setAside: number;
  readonly gaveUp: number;
  /** When the last waiter was admitted. */
  readonly endsAtMs: number;
}
