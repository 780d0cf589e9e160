/** When a line gives out places and when its doors open, milliseconds since 1970. */
export interface LineTimes {
  readonly queueOpensAtMs: number;
  readonly saleOpensAtMs: number;
  /** Counts up with every change of the concert: older times never replace newer ones, whichever reach Redis last. */
  readonly revision: number;
}

/** Where the queue learns that a concert exists and when it opens; the catalog implements it. */
export interface ConcertDirectory {
  findTimes(concertId: string): Promise<LineTimes | undefined>;
}
