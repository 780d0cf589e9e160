import type { Clock } from '../shared/clock.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';
import { Ticker } from '../shared/ticker.ts';
import { placeOf, reconnectAfterMs, refreshAfterMs } from './place-rules.ts';
import { hasEnded, type Place, type PlaceSnapshot } from './place.ts';
import { PlaceWatcher, type WatchedPlace, type WatchEvent } from './place-watcher.ts';
import { freeSeatsOf, lineChannel } from './queue.keys.ts';
import type { QueueService } from './queue.service.ts';
import { WatchedLine } from './watched-line.ts';

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
/** Readings may fail for so long before the streams are told. */
const FAILING_MS = 5_000;

/**
 * All streams of one instance. However many watch a line: one subscription, and batched readings of those whose turn it
 * is, in which those at the head never wait for those far back.
 */
export class PlaceHub {
  readonly #deps: PlaceHubDeps;
  readonly #lines = new Map<string, WatchedLine>();
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
    for (const line of this.#lines.values()) this.#endAll(line, 'STOPPING');
    await this.#ticker.stop();
  }

  /**
   * Streams a place until it ends, the hub stops or the reader goes away.
   *
   * @param toMessage what the reader gets for an event
   */
  watch<Message>(claims: PlaceClaims, toMessage: (event: WatchEvent) => Message): PlaceWatcher<Message> {
    const { concertId } = claims;
    const line = this.#lines.get(concertId) ?? this.#open(concertId);
    const watcher = new PlaceWatcher(claims, this.#deps.clock, toMessage, line.forget);
    line.add(watcher);
    // Whoever comes while the server still takes calls is not kept waiting for a tick that never comes.
    if (this.#stopping) watcher.end('STOPPING', reconnectAfterMs(this.#deps.random()));
    this.#ticker.wake();
    return watcher;
  }

  /** Reads the places whose turn it is and hands them out; puts heartbeats where nothing was said. */
  async tick(): Promise<void> {
    const { clock, heartbeatMs } = this.#deps;
    for (const [concertId, line] of this.#lines) {
      const far = line.farDue(clock.nowMs());
      for (let start = 0; start === 0 || start < far.length; start += BATCH) {
        await this.#refresh(concertId, line, line.nearDue(clock.nowMs()));
        await this.#refresh(concertId, line, far.slice(start, start + BATCH));
      }
      const nowMs = clock.nowMs();
      for (const watcher of line.watchers) watcher.beat(nowMs, heartbeatMs);
    }
  }

  async #refresh(concertId: string, line: WatchedLine, watchers: readonly WatchedPlace[]): Promise<void> {
    for (let start = 0; start < watchers.length; start += BATCH) {
      await this.#read(concertId, line, watchers.slice(start, start + BATCH));
    }
  }

  async #read(concertId: string, line: WatchedLine, watchers: readonly WatchedPlace[]): Promise<void> {
    const { read, clock, random } = this.#deps;
    // A move that is heard of from here on, before what is read now arrives, asks for another reading.
    for (const watcher of watchers) watcher.dueAtMs = Infinity;
    try {
      const claims = watchers.map((watcher) => watcher.claims);
      const snapshots = await read(concertId, claims);
      line.failingSinceMs = undefined;
      const nowMs = clock.nowMs();
      for (const [index, watcher] of watchers.entries()) {
        const snapshot = snapshots[index];
        // Who went away while the place was read must not come back into the line's lists.
        if (!snapshot || !line.watchers.has(watcher)) continue;
        line.facts = snapshot;
        watcher.offer(snapshot, this.#toPlace);
        line.place(watcher);
        watcher.dueAtMs = Math.min(watcher.dueAtMs, nowMs + refreshAfterMs(snapshot.position, random()));
        if (hasEnded(snapshot.state)) watcher.end('PLACE_ENDED', undefined);
      }
    } catch (error) {
      for (const watcher of watchers) watcher.dueAtMs = 0;
      this.#failed(line, error);
    }
  }

  #failed(line: WatchedLine, error: unknown): void {
    const nowMs = this.#deps.clock.nowMs();
    line.failingSinceMs ??= nowMs;
    if (nowMs - line.failingSinceMs < FAILING_MS) return;
    this.#deps.onError(error);
    this.#endAll(line, 'FAILED');
  }

  #endAll(line: WatchedLine, reason: 'STOPPING' | 'FAILED'): void {
    for (const watcher of line.watchers) watcher.end(reason, reconnectAfterMs(this.#deps.random()));
  }

  #open(concertId: string): WatchedLine {
    const line = new WatchedLine(() => {
      this.#lines.delete(concertId);
      unsubscribe();
    });
    const unsubscribe = this.#deps.signals.listen(lineChannel(concertId), (message) => this.#heard(line, message));
    this.#lines.set(concertId, line);
    return line;
  }

  #heard(line: WatchedLine, message: string): void {
    const seatsFree = freeSeatsOf(message);
    if (seatsFree !== undefined && line.facts) {
      line.facts = { ...line.facts, seatsFree };
      for (const watcher of line.watchers) watcher.offerFacts(line.facts, this.#toPlace);
    }
    line.moved();
  }

  readonly #toPlace = (reading: PlaceSnapshot): Place => placeOf(reading, this.#deps.random());
}
