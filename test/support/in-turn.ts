/** The items one after the other and then from the beginning again: how calls are spread over instances. */
export function inTurn<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length];
  if (item === undefined) throw new Error('there is nothing to take turns with');
  return item;
}
