/** Within what an admission policy may be: the one that a line begins with, and what operators change it to. */
export const POLICY_LIMITS = {
  capacity: { min: 0, max: 1_000_000 },
  ratePerSecond: { min: 0, max: 100_000 },
  burst: { min: 1, max: 1_000_000 },
  seatHeadroomPercent: { min: 1, max: 100_000 },
  /** Of each of its times. */
  timeMs: { min: 1_000, max: 24 * 60 * 60 * 1_000 },
} as const;

/** The most seats of a concert that one user may be allowed, by a setting or by the concert. */
export const MAX_SEATS_PER_USER = 50;
