/** Where a rule outside the stores takes the time from; tests inject their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
}

/** The machine's clock. */
export const systemClock: Clock = { nowMs: () => Date.now() };
