/** How attempts are spread and when there are no more of them. */
export interface RetryPolicy {
  /** Pause after the first failure, milliseconds; it doubles with each one. */
  readonly baseMs: number;
  /** Longest pause, milliseconds. */
  readonly maxMs: number;
  /** After how many failures something is given up. */
  readonly maxAttempts: number;
}

/** What follows from a failure. */
export interface NextAttempt {
  /** Failures so far, with this one. */
  readonly attempts: number;
  /** How long to wait, milliseconds. */
  readonly pauseMs: number;
  /** Whether it is given up instead. */
  readonly isLast: boolean;
}

/**
 * Decides what follows from a failure: a pause that doubles up to its bound, of which half is chance, so that what failed
 * together does not come back together.
 *
 * @param failedBefore failures before this one
 * @param random a number in [0, 1)
 */
export function nextAttempt(policy: RetryPolicy, failedBefore: number, random: () => number): NextAttempt {
  const attempts = failedBefore + 1;
  const fullMs = Math.min(policy.baseMs * 2 ** failedBefore, policy.maxMs);
  return {
    attempts,
    pauseMs: Math.round(fullMs * (0.5 + random() / 2)),
    isLast: attempts >= policy.maxAttempts,
  };
}
