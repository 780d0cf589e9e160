/** Gives what belongs to the calls of a method that ended with a code. */
export type PerOutcome<T> = (method: string, code: string) => T;

/**
 * Keeps one for each method and code, of which there are few: what makes it costs more than what every call does with it.
 *
 * @param make told of the path of the method and the name of the code; called once for both
 */
export function perOutcome<T extends object>(make: PerOutcome<T>): PerOutcome<T> {
  const made = new Map<string, T>();
  return (method, code) => {
    const key = `${code} ${method}`;
    const known = made.get(key);
    if (known) return known;
    const first = make(method, code);
    made.set(key, first);
    return first;
  };
}
