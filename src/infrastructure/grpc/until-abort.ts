import { type Enrolled, Roster } from '../../shared/roster.ts';

/** A promise that somebody waits for, unless a signal aborts first. */
interface Waiting extends Enrolled {
  abandon(): void;
}

/** Who waits on each signal: adding a listener to a signal for each call, and taking it off, costs more than a roster does. */
const rosters = new WeakMap<AbortSignal, Roster<Waiting>>();

function rosterOf(signal: AbortSignal): Roster<Waiting> {
  const known = rosters.get(signal);
  if (known) return known;
  const roster = new Roster<Waiting>();
  signal.addEventListener('abort', () => roster.all().forEach((waiting) => waiting.abandon()), { once: true });
  rosters.set(signal, roster);
  return roster;
}

/**
 * What a promise gives, or the signal's reason if it aborts first. The promise that lost is still listened to, so that
 * its rejection is never unhandled.
 *
 * @param signal stands for as long as the process does: one listener is on it, however many wait or have waited
 * @param late is told what the abandoned promise came to
 * @throws the signal's reason, or what the promise rejects with
 */
export function untilAbort<T>(
  promise: Promise<T>,
  signal: AbortSignal,
  late: (outcome: PromiseSettledResult<T>) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let abandoned = false;
    const waiting: Waiting = {
      rosterIndex: -1,
      abandon() {
        abandoned = true;
        reject(signal.reason);
      },
    };
    const roster = rosterOf(signal);
    roster.add(waiting);
    promise.then(
      (value) => {
        roster.delete(waiting);
        if (abandoned) late({ status: 'fulfilled', value });
        else resolve(value);
      },
      (error: unknown) => {
        roster.delete(waiting);
        if (abandoned) late({ status: 'rejected', reason: error });
        else reject(error);
      },
    );
    // An abort that came before the listener is never heard.
    if (signal.aborted) waiting.abandon();
  });
}
