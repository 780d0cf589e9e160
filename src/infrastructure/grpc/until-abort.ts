/** Who waits on each signal: adding a listener to a signal for each call, and taking it off, costs more than a set does. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

function waitingOn(signal: AbortSignal): Set<() => void> {
  const known = waiting.get(signal);
  if (known) return known;
  const listeners = new Set<() => void>();
  signal.addEventListener('abort', () => listeners.forEach((abandon) => abandon()), { once: true });
  waiting.set(signal, listeners);
  return listeners;
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
    const abandon = () => {
      abandoned = true;
      reject(signal.reason);
    };
    const listeners = waitingOn(signal);
    listeners.add(abandon);
    promise.then(
      (value) => {
        listeners.delete(abandon);
        if (abandoned) late({ status: 'fulfilled', value });
        else resolve(value);
      },
      (error: unknown) => {
        listeners.delete(abandon);
        if (abandoned) late({ status: 'rejected', reason: error });
        else reject(error);
      },
    );
    // An abort that came before the listener is never heard.
    if (signal.aborted) abandon();
  });
}
