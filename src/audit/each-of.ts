/** Calls that are made at a time. */
const AT_A_TIME = 200;

/** Does something with each item, some at a time; the results are in the order of the items. */
export async function eachOf<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += AT_A_TIME)
    results.push(...(await Promise.all(items.slice(from, from + AT_A_TIME).map(run))));
  return results;
}
