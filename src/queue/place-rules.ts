import { hasEnded, type Place, type PlaceSnapshot } from './place.ts';

/** Polling is never quicker than this. */
const MIN_POLL_AFTER_MS = 1_000;
/** Nor slower than this, nor than half the away time, so that a waiter who polls as told is never taken for gone. */
const MAX_POLL_AFTER_MS = 60_000;
/** How much longer one waits for each one ahead. */
const POLL_AFTER_PER_AHEAD_MS = 20;
/** Share of the wait that is random, so that those who came in one second do not poll in one second. */
const JITTER = 0.2;

/**
 * How long to wait before polling again: further back is longer, with jitter.
 *
 * @param place state, position and the line's away time decide
 * @param random a number in [0, 1)
 * @returns milliseconds, or undefined for an ended place
 */
export function pollAfterMs(
  place: Pick<PlaceSnapshot, 'state' | 'position' | 'awayAfterMs'>,
  random: number,
): number | undefined {
  if (hasEnded(place.state)) return undefined;
  const ahead = Math.max(0, place.position - 1);
  const longest = Math.min(MAX_POLL_AFTER_MS, place.awayAfterMs / 2) / (1 + JITTER);
  const base = Math.min(MIN_POLL_AFTER_MS + ahead * POLL_AFTER_PER_AHEAD_MS, longest);
  return Math.round(base * (1 + JITTER * random));
}

/**
 * The wait that the measured pace of the line promises.
 *
 * @returns milliseconds; undefined where the line did not move lately, the place does not wait, or it comes in only after
 *   the house was full for the first time, of which the pace so far says nothing
 */
export function estimatedWaitMs(
  place: Pick<PlaceSnapshot, 'state' | 'position' | 'placesPerSecond' | 'firstRoom'>,
): number | undefined {
  if (place.state !== 'WAITING' || place.placesPerSecond <= 0) return undefined;
  if (place.firstRoom !== undefined && place.position > place.firstRoom) return undefined;
  return Math.round((place.position / place.placesPerSecond) * 1_000);
}

/**
 * A place as its user sees it, from what Redis told.
 *
 * @param random a number in [0, 1), for the jitter
 */
export function placeOf(snapshot: PlaceSnapshot, random: number): Place {
  const admitted = snapshot.state === 'ADMITTED';
  return {
    ...snapshot,
    ahead: Math.max(0, snapshot.position - 1),
    soldOut: snapshot.seatsFree === 0,
    estimatedWaitMs: estimatedWaitMs(snapshot),
    admissionRemainingMs: admitted ? Math.max(0, snapshot.admissionEndsAtMs - snapshot.asOfMs) : undefined,
    pollAfterMs: pollAfterMs(snapshot, random),
  };
}

/** A stream reads a place near the head at least this often, whether or not it heard of a move. */
const MIN_REFRESH_MS = 1_000;
/** And a place far back at least this often: with the time that reading takes, nobody hears later than after 5 s. */
const MAX_REFRESH_MS = 3_700;
const REFRESH_PER_POSITION_MS = 1;

/**
 * After how long a stream reads its place again where it hears of nothing: further back is less often.
 *
 * @param position 0 where the place does not wait
 * @param random a number in [0, 1)
 */
export function refreshAfterMs(position: number, random: number): number {
  return (
    Math.min(MIN_REFRESH_MS + position * REFRESH_PER_POSITION_MS, MAX_REFRESH_MS / (1 + JITTER)) * (1 + JITTER * random)
  );
}

/**
 * When a stream that was ended is to be opened again: spread over two seconds, so that the next instance is not asked by
 * all of them at once.
 *
 * @param random a number in [0, 1)
 */
export function reconnectAfterMs(random: number): number {
  return Math.round(200 + 1_800 * random);
}
