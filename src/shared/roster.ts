/** What a roster keeps; the roster alone writes to it. */
export interface Enrolled {
  /** Where it stands; -1 while it is on no roster. */
  rosterIndex: number;
}

/**
 * What is under way, in no order. Not a Set: where entries come and go, a Set makes itself a new table again and again, and
 * each old one still leads to the next. A collection of the young generation cannot tell that the old ones are dead, so
 * everything that was ever in one grows old, and is left to full collections: ten kilobytes of each call.
 */
export class Roster<T extends Enrolled> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  /** Puts an item on that is on no roster. */
  add(item: T): void {
    item.rosterIndex = this.#items.length;
    this.#items.push(item);
  }

  /** Takes an item off; nothing where it is not on. */
  delete(item: T): void {
    const { rosterIndex } = item;
    if (this.#items[rosterIndex] !== item) return;
    const last = this.#items.pop();
    if (last !== undefined && last !== item) {
      this.#items[rosterIndex] = last;
      last.rosterIndex = rosterIndex;
    }
    item.rosterIndex = -1;
  }

  /** All that are on now; who is put on or taken off meanwhile changes nothing of it. */
  all(): readonly T[] {
    return [...this.#items];
  }
}
