/**
 * What a promise gives, or the signal's reason if it aborts first. The promise that lost is still listened to, so that
 * its rejection is never unhandled.
 *
 * @param signal stands for as long as the process does: nothing stays registered on it
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
    signal.addEventListener('abort', abandon, { once: true });
    promise.then(
      (value) => {
        signal.removeEventListener('abort', abandon);
        if (abandoned) late({ status: 'fulfilled', value });
        else resolve(value);
      },
      (error: unknown) => {
        signal.removeEventListener('abort', abandon);
        if (abandoned) late({ status: 'rejected', reason: error });
        else reject(error);
      },
    );
    // An abort that came before the listener is never heard.
    if (signal.aborted) abandon();
  });
}
