import type { Clock } from '../shared/clock.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';
import { Ticker } from '../shared/ticker.ts';
import { placeOf, reconnectAfterMs, refreshAfterMs } from './place-rules.ts';
import { hasEnded } from './place.ts';
import { PlaceWatcher, type WatchEvent } from './place-watcher.ts';
import { freeSeatsOf, lineChannel } from './queue.keys.ts';
import type { QueueService } from './queue.service.ts';

/** Where the hub hears what happened to a line. */
export interface LineSignals {
  listen(channel: string, listener: (message: string) => void): () => void;
}

/** What the hub stands on. */
export interface PlaceHubDeps {
  /** Reads places, brings back what Redis lost, and counts as being seen: an open stream is a sign of life. */
  readonly read: QueueService['read'];
  readonly signals: LineSignals;
  readonly clock: Clock;
  readonly random: () => number;
  readonly tickMs: number;
  readonly heartbeatMs: number;
  readonly onError: (error: unknown) => void;
}

/** Places that one script reads: it stays within a few milliseconds. */
const BATCH = 500;
/** Who stands nearer than this hears of every move. */
const NEAR_POSITION = 1_000;
/** Readings may fail for so long before the streams are told. */
const FAILING_MS = 5_000;

interface Group {
  readonly watchers: Set<PlaceWatcher>;
  readonly unsubscribe: () => void;
  failingSinceMs: number | undefined;
}

/**
 * All streams of one instance. However many watch a line: one subscription, and one batched reading a tick for those
 * whose turn it is.
 */
export class PlaceHub {
  readonly #deps: PlaceHubDeps;
  readonly #groups = new Map<string, Group>();
  readonly #ticker: Ticker;
  #stopping = false;

  constructor(deps: PlaceHubDeps) {
    this.#deps = deps;
    this.#ticker = new Ticker(() => this.tick(), deps.tickMs, deps.onError);
  }

  /** Begins to look after the streams. */
  start(): void {
    this.#ticker.start();
  }

  /** Tells every stream that this instance goes away, and when to come back. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const watcher of this.#watchers()) watcher.end('STOPPING', reconnectAfterMs(this.#deps.random()));
    await this.#ticker.stop();
  }

  /** Streams a place until it ends, the hub stops or the signal aborts. */
  async *watch(claims: PlaceClaims, signal: AbortSignal): AsyncGenerator<WatchEvent> {
    const watcher = new PlaceWatcher(claims, this.#deps.clock.nowMs());
    const group = this.#join(claims.concertId, watcher);
    // Whoever comes while the server still takes calls is not kept waiting for a tick that never comes.
    if (this.#stopping) watcher.end('STOPPING', reconnectAfterMs(this.#deps.random()));
    try {
      this.#ticker.wake();
      yield* watcher.events(signal, () => this.#deps.clock.nowMs());
    } finally {
      group.watchers.delete(watcher);
      if (group.watchers.size === 0 && this.#groups.get(claims.concertId) === group) {
        this.#groups.delete(claims.concertId);
        group.unsubscribe();
      }
    }
  }

  /** Reads the places whose turn it is and hands them out; puts heartbeats where nothing was said. */
  async tick(): Promise<void> {
    for (const [concertId, group] of this.#groups) {
      const nowMs = this.#deps.clock.nowMs();
      const due = [...group.watchers].filter((watcher) => watcher.dueAtMs <= nowMs);
      for (let start = 0; start < due.length; start += BATCH) {
        await this.#refresh(concertId, group, due.slice(start, start + BATCH));
      }
      for (const watcher of group.watchers) watcher.beat(nowMs, this.#deps.heartbeatMs);
    }
  }

  async #refresh(concertId: string, group: Group, watchers: readonly PlaceWatcher[]): Promise<void> {
    const { read, clock, random } = this.#deps;
    // A move that is heard of from here on, before what is read now arrives, asks for another reading.
    for (const watcher of watchers) watcher.dueAtMs = Infinity;
    try {
      const claims = watchers.map((watcher) => watcher.claims);
      const snapshots = await read(concertId, claims);
      group.failingSinceMs = undefined;
      const nowMs = clock.nowMs();
      for (const [index, watcher] of watchers.entries()) {
        const snapshot = snapshots[index];
        if (!snapshot) continue;
        watcher.offer(snapshot, (reading) => placeOf(reading, random()));
        watcher.dueAtMs = Math.min(watcher.dueAtMs, nowMs + refreshAfterMs(snapshot.position, random()));
        if (hasEnded(snapshot.state)) watcher.end('PLACE_ENDED', undefined);
      }
    } catch (error) {
      for (const watcher of watchers) watcher.dueAtMs = 0;
      this.#failed(group, error);
    }
  }

  #failed(group: Group, error: unknown): void {
    const nowMs = this.#deps.clock.nowMs();
    group.failingSinceMs ??= nowMs;
    if (nowMs - group.failingSinceMs < FAILING_MS) return;
    this.#deps.onError(error);
    for (const watcher of group.watchers) watcher.end('FAILED', reconnectAfterMs(this.#deps.random()));
  }

  #join(concertId: string, watcher: PlaceWatcher): Group {
    const known = this.#groups.get(concertId);
    const group = known ?? this.#open(concertId);
    group.watchers.add(watcher);
    return group;
  }

  #open(concertId: string): Group {
    const watchers = new Set<PlaceWatcher>();
    const unsubscribe = this.#deps.signals.listen(lineChannel(concertId), (message) => {
      const seatsFree = freeSeatsOf(message);
      for (const watcher of watchers) {
        if (seatsFree !== undefined) watcher.offerStock(seatsFree, (reading) => placeOf(reading, this.#deps.random()));
        if ((watcher.position ?? 0) <= NEAR_POSITION) watcher.dueAtMs = 0;
      }
    });
    const group: Group = { watchers, unsubscribe, failingSinceMs: undefined };
    this.#groups.set(concertId, group);
    return group;
  }

  *#watchers(): Generator<PlaceWatcher> {
    for (const group of this.#groups.values()) yield* group.watchers;
  }
}
