import type { WatchedPlace } from './place-watcher.ts';
import type { LineFacts } from './place.ts';

/** Who stands nearer than this hears of every move. */
const NEAR_POSITION = 1_000;
/** Those who stand near are read at most so often, whatever moves: several moves become one message. */
const NEAR_INTERVAL_MS = 400;

/** The streams of one line on one instance, and whose turn it is to be read. */
export class WatchedLine {
  failingSinceMs: number | undefined;
  /** What the last reading said of the line; undefined before the first. */
  facts: LineFacts | undefined;
  readonly #onEmpty: () => void;
  readonly #watchers = new Set<WatchedPlace>();
  /** Those who stood near when they were last read, or were never read. */
  readonly #near = new Set<WatchedPlace>();
  #nearReadAtMs = 0;

  /** @param onEmpty told when the last stream is forgotten */
  constructor(onEmpty: () => void) {
    this.#onEmpty = onEmpty;
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

  /** Puts a stream where its reading says that it stands, unless it broke when it was told. */
  place(watcher: WatchedPlace): void {
    if (!this.#watchers.has(watcher)) return;
    if ((watcher.position ?? 0) <= NEAR_POSITION) this.#near.add(watcher);
    else this.#near.delete(watcher);
  }

  /** Forgets a stream. A field, so that all streams of the line tell it by the same function. */
  readonly forget = (watcher: WatchedPlace): void => {
    this.#near.delete(watcher);
    if (this.#watchers.delete(watcher) && this.#watchers.size === 0) this.#onEmpty();
  };

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
    const due: WatchedPlace[] = [];
    // Not by a copy of them all, which is large and made five times a second.
    for (const watcher of this.#watchers) if (watcher.dueAtMs <= nowMs && !this.#near.has(watcher)) due.push(watcher);
    return due;
  }
}
