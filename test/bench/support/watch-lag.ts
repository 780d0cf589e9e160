import { percentile } from './watch-process.ts';

/** Numbers that are written down for each message: number, position, state and arrival. */
export const FIELDS = 4;
/** States as they are written down. */
export const WAITING = 1;
export const ADMITTED = 2;
export const OTHER = 3;
/** Added to the state where no seat is free. */
export const SOLD_OUT = 8;

/** What all streams were told. */
export interface Arrivals {
  /** FIELDS numbers a message in the order in which they came; the arrival is in ms since `fromMs`. */
  readonly messages: Int32Array;
  readonly fromMs: number;
  /** Streams that ended, though nothing told them to. */
  readonly broken: number;
  /** By how much the program that wrote this down may have been late to notice, 99 of 100 times. */
  readonly ownDelayP99Ms: number;
}

/** One step of the doors, from the admission log. */
export interface AdmissionStep {
  readonly atMs: number;
  /** The highest number that is in after it. Nobody leaves or is away here, so all up to it are. */
  readonly admittedUpTo: number;
}

/** Who stands nearer than this is to hear of every move at once. */
export const NEAR_POSITION = 1_000;

/** Milliseconds, sorted. */
export interface Lags {
  readonly near: Float64Array;
  readonly rest: Float64Array;
  readonly admitted: Float64Array;
  /** The oldest age of a position that is still shown at the end, though it is wrong. */
  readonly oldestAtEndMs: number;
}

/**
 * For how long what each watcher saw had been wrong when a message put it right: the time from the first admission step
 * that the shown position did not count, by the log, to the arrival of the next message that counts it, by the same
 * machine's clock. A message that puts several steps right counts with the first of them, so this is the worst that its
 * watcher saw. `near` are those whose position was within NEAR_POSITION when it became wrong, `rest` all others;
 * `admitted` is the time from a watcher's own admission to the message that tells of it.
 *
 * @param untilMs later messages are left out
 */
export function lagsOf(steps: readonly AdmissionStep[], arrivals: Arrivals, untilMs: number): Lags {
  const near: number[] = [];
  const rest: number[] = [];
  const admitted: number[] = [];
  // For each number the step that its watcher has seen, as the highest number that was in.
  const seen = new Map<number, number>();
  const { messages, fromMs } = arrivals;
  for (let at = 0; at < messages.length; at += FIELDS) {
    const number = messages[at] ?? 0;
    const position = messages[at + 1] ?? 0;
    const state = (messages[at + 2] ?? 0) & ~SOLD_OUT;
    const arrivedMs = fromMs + (messages[at + 3] ?? 0);
    if (arrivedMs > untilMs) break;
    const before = seen.get(number);
    const now = state === WAITING ? number - position : number;
    if (before !== undefined && now <= before) continue;
    seen.set(number, now);
    const missed = before === undefined ? undefined : firstAfter(steps, before);
    if (before === undefined || !missed) continue;
    // Redis's clock may be a fraction of a millisecond ahead of the rounding here.
    (number - before <= NEAR_POSITION ? near : rest).push(Math.max(0, arrivedMs - missed.atMs));
    const own = state === ADMITTED ? firstAfter(steps, number - 1) : undefined;
    if (own) admitted.push(Math.max(0, arrivedMs - own.atMs));
  }
  let oldestAtEndMs = 0;
  for (const [number, upTo] of seen) {
    const missed = upTo < number ? firstAfter(steps, upTo) : undefined;
    if (missed) oldestAtEndMs = Math.max(oldestAtEndMs, untilMs - missed.atMs);
  }
  return { near: sorted(near), rest: sorted(rest), admitted: sorted(admitted), oldestAtEndMs };
}

/** How long after a moment each watcher was first told that no seat is free, sorted. */
export function soldOutLags(arrivals: Arrivals, atMs: number): Float64Array {
  const told = new Map<number, number>();
  const { messages, fromMs } = arrivals;
  for (let at = 0; at < messages.length; at += FIELDS) {
    const number = messages[at] ?? 0;
    if (((messages[at + 2] ?? 0) & SOLD_OUT) === 0 || told.has(number)) continue;
    told.set(number, Math.max(0, fromMs + (messages[at + 3] ?? 0) - atMs));
  }
  return sorted([...told.values()]);
}

/** The figures of a row. */
export function lagFigures(lags: Float64Array): Record<string, string | number> {
  return {
    'p50 ms': percentile(lags, 0.5),
    'p99 ms': percentile(lags, 0.99),
    'max ms': percentile(lags, 1),
    messages: lags.length,
  };
}

/** The first step after which more than so many were in. */
function firstAfter(steps: readonly AdmissionStep[], upTo: number): AdmissionStep | undefined {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle]?.admittedUpTo ?? 0) > upTo) high = middle;
    else low = middle + 1;
  }
  return steps[low];
}

function sorted(values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort();
}
