import { getHeapStatistics, setFlagsFromString } from 'node:v8';

/** From here on a heap counts as large, and below the other as small again: it does not go to and fro between them. */
const LARGE_FROM_BYTES = 200_000_000;
const SMALL_BELOW_BYTES = 112_000_000;
const LARGE_GROWS_BY_PERCENT = 30;
/** V8's word for "as V8 thinks best". */
const AS_V8_DECIDES = 0;
/** V8 says at each full collection how far the heap may grow, and tens of megabytes a second are added while streams open. */
const LOOK_INTERVAL_MS = 250;

/** What the rule looks at and what it sets. */
export interface Heap {
  /** Bytes in use, what is dead and not collected yet among them. */
  usedBytes(): number;
  /** By how much the heap may outgrow what was alive at the last full collection before the next; 0 is V8's own rule. */
  setGrowingPercent(percent: number): void;
}

/**
 * Has a large heap collected after each 30 % of growth. V8's own rule lets it grow to several times what is alive, which for
 * tens of thousands of open streams is hundreds of megabytes of what is dead. A small heap is left to V8: 30 % of little is
 * soon used up, and calls would cost half as much CPU time again.
 */
export class HeapGrowth {
  readonly #heap: Heap;
  #isLarge = false;

  constructor(heap: Heap) {
    this.#heap = heap;
  }

  /** Looks once, and sets what follows. */
  look(): void {
    const usedBytes = this.#heap.usedBytes();
    const isLarge = usedBytes >= (this.#isLarge ? SMALL_BELOW_BYTES : LARGE_FROM_BYTES);
    if (isLarge === this.#isLarge) return;
    this.#isLarge = isLarge;
    this.#heap.setGrowingPercent(isLarge ? LARGE_GROWS_BY_PERCENT : AS_V8_DECIDES);
  }
}

/** Goes by the rule for this process from now on, and does not keep it alive. */
export function limitHeapGrowth(): void {
  const growth = new HeapGrowth({
    usedBytes: () => getHeapStatistics().used_heap_size,
    setGrowingPercent: (percent) => setFlagsFromString(`--heap-growing-percent=${percent}`),
  });
  setInterval(() => growth.look(), LOOK_INTERVAL_MS).unref();
}
