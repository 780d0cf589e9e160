import type { WatchedPlace } from './place-watcher.ts';

/** Who stands nearer than this hears of every move. */
const NEAR_POSITION = 1_000;
/** Those who stand near are read at most so often, whatever moves: several moves become one message. */
const NEAR_INTERVAL_MS = 400;

/** The streams of one line on one instance, and whose turn it is to be read. */
export class WatchedLine {
  readonly unsubscribe: () => void;
  failingSinceMs: number | undefined;
  readonly #watchers = new Set<WatchedPlace>();
  /** Those who stood near when they were last read, or were never read. */
  readonly #near = new Set<WatchedPlace>();
  #nearReadAtMs = 0;

  constructor(unsubscribe: () => void) {
    this.unsubscribe = unsubscribe;
  }

  /** All of them. */
  get watchers(): ReadonlySet<WatchedPlace> {
    return this.#watchers;
  }

  /** Takes a stream in. */
  add(watcher: WatchedPlace): void {
    this.#watchers.add(watcher);
    this.#near.add(watcher);
  }

  /** Puts a stream where its reading says that it stands. */
  place(watcher: WatchedPlace): void {
    if ((watcher.position ?? 0) <= NEAR_POSITION) this.#near.add(watcher);
    else this.#near.delete(watcher);
  }

  /** Forgets a stream. */
  delete(watcher: WatchedPlace): void {
    this.#watchers.delete(watcher);
    this.#near.delete(watcher);
  }

  /** The line moved: those who stand near are to be read again. */
  moved(): void {
    for (const watcher of this.#near) watcher.dueAtMs = 0;
  }

  /** Those who stand near and are due, at most once an interval; and who was never read, who need not wait for it. */
  nearDue(nowMs: number): readonly WatchedPlace[] {
    const isTime = nowMs - this.#nearReadAtMs >= NEAR_INTERVAL_MS;
    const due = [...this.#near].filter(
      (watcher) => watcher.dueAtMs <= nowMs && (isTime || watcher.position === undefined),
    );
    if (isTime && due.length > 0) this.#nearReadAtMs = nowMs;
    return due;
  }

  /** Everybody else who is due. */
  farDue(nowMs: number): readonly WatchedPlace[] {
    return [...this.#watchers].filter((watcher) => watcher.dueAtMs <= nowMs && !this.#near.has(watcher));
  }
}
