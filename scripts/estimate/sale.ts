import { seededRandom } from '../../test/support/random.ts';
import type { AdmissionPolicy } from '../../src/queue/index.ts';

const MINUTE_MS = 60_000;

/** How often the line moves on: the default of TICK_MS. */
export const TICK_MS = 200;

/** The policy that the sale begins with. The seats never run out: a concert that is sold out has no wait to estimate. */
export const POLICY: AdmissionPolicy = {
  mode: 'OPEN',
  capacity: 400,
  ratePerSecond: 20,
  burst: 40,
  admissionTtlMs: 10 * MINUTE_MS,
  awayAfterMs: 2 * MINUTE_MS,
  awayTtlMs: 15 * MINUTE_MS,
  seatHeadroomPercent: 100_000,
  revision: 0,
};

/** What the operator changes in the middle of the sale, and when, counted from the opening of the doors. */
export const POLICY_CHANGE = { atMs: 35 * MINUTE_MS, capacity: 800 } as const;

/** How long before the doors the line opens. */
export const LINE_OPENS_BEFORE_MS = 15 * MINUTE_MS;

/** What one fan will do. Times are counted from the opening of the doors. */
export interface FanPlan {
  readonly arrivesAtMs: number;
  /** When the fan closes the page without a word; infinite for most. */
  readonly silentFromMs: number;
  /** When the fan gives the place up, if it still waits then; infinite for most. */
  readonly givesUpAtMs: number;
  /** For how long the fan needs the admission; beyond the policy's time it runs out. */
  readonly staysMs: number;
}

const FANS = 20_000;
const LAST_ARRIVALS_MS = 60 * MINUTE_MS;
const SEED = 20_260_501;
/** Shares of the fans: come before the doors open; in the first minute; the rest later. */
const SHARE_BEFORE = 0.4;
const SHARE_FIRST_MINUTE = 0.35;
const SHARE_SILENT = 0.1;
const SHARE_GIVING_UP = 0.05;
const SHARE_RUNNING_OUT = 0.08;

/** The fans of the sale in the order of their arrival, the same in every run. */
export function planFans(): readonly FanPlan[] {
  const random = seededRandom(SEED);
  const fans = Array.from({ length: FANS }, () => planFan(random));
  return fans.toSorted((one, other) => one.arrivesAtMs - other.arrivesAtMs);
}

function planFan(random: () => number): FanPlan {
  const arrivesAtMs = arrival(random);
  const isSilent = random() < SHARE_SILENT;
  const silentFromMs = arrivesAtMs + exponential(random, 5 * MINUTE_MS);
  const givesUp = random() < SHARE_GIVING_UP;
  const givesUpAtMs = arrivesAtMs + exponential(random, 15 * MINUTE_MS);
  return {
    arrivesAtMs,
    silentFromMs: isSilent ? silentFromMs : Number.POSITIVE_INFINITY,
    givesUpAtMs: givesUp && !isSilent ? givesUpAtMs : Number.POSITIVE_INFINITY,
    staysMs: stay(random),
  };
}

function arrival(random: () => number): number {
  const when = random();
  // The nearer to the opening, the more come. The remainder of an exponential time is one that ends there: nobody comes
  // before the line opens, nor after the last arrivals.
  if (when < SHARE_BEFORE) return -(exponential(random, 4 * MINUTE_MS) % LINE_OPENS_BEFORE_MS);
  if (when < SHARE_BEFORE + SHARE_FIRST_MINUTE) return random() * MINUTE_MS;
  return MINUTE_MS + (exponential(random, 12 * MINUTE_MS) % LAST_ARRIVALS_MS);
}

/** Choosing, holding and paying takes 40 seconds at least and two minutes on average; some never come to pay. */
function stay(random: () => number): number {
  const staysMs = 40_000 + exponential(random, 80_000);
  return random() < SHARE_RUNNING_OUT ? Number.POSITIVE_INFINITY : staysMs;
}

function exponential(random: () => number, meanMs: number): number {
  return -meanMs * Math.log(1 - random());
}
