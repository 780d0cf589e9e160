/** When the line of a concert gives out places and when its doors open, milliseconds since 1970. */
export interface SaleTimes {
  readonly queueOpensAtMs: number;
  readonly saleOpensAtMs: number;
  /** The concert's, which counts up with every change: older times never replace newer ones. */
  readonly revision: number;
}

/** The doors of a concert's line, which are not the catalog's own. */
export interface SaleDoors {
  /** Has the doors go by these times at once, unless they have later ones; doors that are not there yet learn them anyway. */
  setTimes(concertId: string, times: SaleTimes): Promise<void>;

  /** Has the doors of a concert that is to go on looked after, also where it was over and they were given up. */
  reopen(concertId: string): Promise<void>;
}
