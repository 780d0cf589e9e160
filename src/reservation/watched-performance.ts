import type { PerformanceView, SeatMapPart } from '../catalog/index.ts';
import { reconnectAfterMs } from '../queue/index.ts';
import type { Clock } from '../shared/clock.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';
import { Ticker } from '../shared/ticker.ts';
import type { LiveSeats } from './live-seats.ts';
import { changesChannel } from './reservation.keys.ts';
import { seatMessageOf } from './seat-changes.ts';
import type { SeatWatcher } from './seat-watcher.ts';
import { WatchedSeats } from './watched-seats.ts';

/** What looking after a performance's streams stands on. */
export interface WatchedPerformanceDeps {
  readonly liveSeats: Pick<LiveSeats, 'seatMap' | 'version'>;
  readonly signals: { listen(channel: string, listener: (message: string) => void): () => void };
  /** Which of the places, all of one concert, are admitted now; in their order. */
  readonly areAdmitted: (concertId: string, claims: readonly PlaceClaims[]) => Promise<readonly boolean[]>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly heartbeatMs: number;
  readonly onError: (error: unknown) => void;
}

/** Between two looks at what is due. */
const TICK_MS = 50;
/** Changes become one message for so long: ten a second at most. */
const SHOW_EVERY_MS = 100;
/** How often holds that ran out are looked for, and whether a message was missed. */
const LOOK_EVERY_MS = 250;
/** How often it is looked at who is still admitted. */
const ADMITTED_EVERY_MS = 5_000;
/** Places that one step reads. */
const BATCH = 500;
/** Reading may fail for so long before the streams are told. */
const FAILING_MS = 5_000;

/**
 * The streams of one performance on one instance: one subscription and one map, however many watch. It has a ticker of its
 * own, so that a map that is rebuilt keeps no other performance waiting.
 */
export class WatchedPerformance {
  readonly #performance: PerformanceView;
  readonly #deps: WatchedPerformanceDeps;
  readonly #seats = new WatchedSeats();
  readonly #ticker: Ticker;
  readonly #unsubscribe: () => void;
  #shownAtMs = 0;
  #lookedAtMs = 0;
  #checkedAtMs: number;
  /** The version that a look found ahead of what was heard: still ahead at the next look, something was missed. */
  #aheadVersion: bigint | undefined;
  #failingSinceMs: number | undefined;

  /** Subscribes, and begins to look after whoever comes. */
  constructor(performance: PerformanceView, deps: WatchedPerformanceDeps) {
    this.#performance = performance;
    this.#deps = deps;
    this.#checkedAtMs = deps.clock.nowMs();
    this.#ticker = new Ticker(() => this.#tend(), TICK_MS, deps.onError);
    const channel = changesChannel(performance.concertId, performance.performanceId);
    this.#unsubscribe = deps.signals.listen(channel, (text) => this.#heard(text));
    this.#ticker.start();
  }

  /** The map as it was shown last. */
  parts(): readonly SeatMapPart[] {
    return this.#seats.parts();
  }

  /** Takes a stream in, which gets the map as soon as it is known. */
  add(watcher: SeatWatcher<unknown>): void {
    this.#seats.watchers.add(watcher);
    if (this.#seats.isKnown) watcher.offerMap();
  }

  /** Forgets a stream; returns whether it was the last one. */
  remove(watcher: SeatWatcher<unknown>): boolean {
    return this.#seats.watchers.delete(watcher) && this.#seats.watchers.size === 0;
  }

  /** Ends every stream. */
  endAll(reason: 'STOPPING' | 'FAILED'): void {
    for (const watcher of this.#seats.watchers) watcher.end(reason, reconnectAfterMs(this.#deps.random()));
  }

  /** Unsubscribes; resolves when nothing is read any more. */
  async close(): Promise<void> {
    this.#unsubscribe();
    await this.#ticker.stop();
  }

  /** Who speaks in a way that is not understood may be of a later release: the map says what came of it. */
  #heard(text: string): void {
    try {
      this.#seats.hear(seatMessageOf(text));
    } catch (error) {
      this.#deps.onError(error);
      this.#seats.forget();
    }
    const isTimeToShow = this.#deps.clock.nowMs() - this.#shownAtMs >= SHOW_EVERY_MS;
    if (isTimeToShow || !this.#seats.isKnown) this.#ticker.wake();
  }

  async #tend(): Promise<void> {
    try {
      await this.#doWhatIsDue();
      this.#failingSinceMs = undefined;
    } catch (error) {
      this.#failed(error);
    }
    const nowMs = this.#deps.clock.nowMs();
    for (const watcher of this.#seats.watchers) watcher.beat(nowMs, this.#deps.heartbeatMs);
  }

  /** What fails stays due, so that nothing else that works hides for how long it has failed. */
  async #doWhatIsDue(): Promise<void> {
    const { clock } = this.#deps;
    if (!this.#seats.isKnown) await this.#readMap();
    const nowMs = clock.nowMs();
    if (nowMs - this.#shownAtMs >= SHOW_EVERY_MS && this.#seats.flush()) this.#shownAtMs = nowMs;
    if (nowMs - this.#lookedAtMs >= LOOK_EVERY_MS) {
      await this.#look();
      this.#lookedAtMs = nowMs;
    }
    if (nowMs - this.#checkedAtMs >= ADMITTED_EVERY_MS) {
      await this.#endWhoIsOut();
      this.#checkedAtMs = nowMs;
    }
  }

  async #readMap(): Promise<void> {
    const { concertId, performanceId, seatCount } = this.#performance;
    this.#seats.expectMap();
    this.#seats.show(await this.#deps.liveSeats.seatMap(concertId, performanceId), seatCount);
    this.#aheadVersion = undefined;
  }

  /** Messages can be lost, and the subscription begins a moment after it was asked for: the version tells. */
  async #look(): Promise<void> {
    const { concertId, performanceId } = this.#performance;
    const heardBefore = this.#seats.heardVersion;
    const version = await this.#deps.liveSeats.version(concertId, performanceId);
    const isMissed = this.#aheadVersion !== undefined && this.#seats.heardVersion < this.#aheadVersion;
    // Below what was heard before it was asked: Redis lost it, and its clock had not come so far when it began anew.
    if (isMissed || version < heardBefore) this.#seats.forget();
    this.#aheadVersion = version > this.#seats.heardVersion ? version : undefined;
  }

  async #endWhoIsOut(): Promise<void> {
    const watchers = [...this.#seats.watchers];
    for (let start = 0; start < watchers.length; start += BATCH) {
      const batch = watchers.slice(start, start + BATCH);
      const claims = batch.map((watcher) => watcher.claims);
      const admitted = await this.#deps.areAdmitted(this.#performance.concertId, claims);
      for (const [index, watcher] of batch.entries()) {
        if (admitted[index] === false) watcher.end('NOT_ADMITTED', undefined);
      }
    }
  }

  #failed(error: unknown): void {
    const nowMs = this.#deps.clock.nowMs();
    this.#failingSinceMs ??= nowMs;
    if (nowMs - this.#failingSinceMs < FAILING_MS) return;
    this.#failingSinceMs = undefined;
    this.#deps.onError(error);
    this.endAll('FAILED');
  }
}
