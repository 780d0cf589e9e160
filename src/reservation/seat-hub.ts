import type { PerformanceView, SeatEvent, SeatWatch } from '../catalog/index.ts';
import { reconnectAfterMs } from '../queue/index.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';
import { tokenConcertMismatch } from '../shared/refusals.ts';
import { SeatWatcher } from './seat-watcher.ts';
import { WatchedPerformance, type WatchedPerformanceDeps } from './watched-performance.ts';

/** What the hub stands on. */
export interface SeatHubDeps extends WatchedPerformanceDeps {
  readonly findPerformance: (performanceId: string) => Promise<PerformanceView>;
}

/** All streams of seats of one instance. */
export class SeatHub implements SeatWatch {
  readonly #deps: SeatHubDeps;
  readonly #watched = new Map<string, WatchedPerformance>();
  readonly #starting = new Set<SeatWatcher<unknown>>();
  #stopping = false;

  constructor(deps: SeatHubDeps) {
    this.#deps = deps;
  }

  /** Tells every stream that this instance goes away, and when to come back. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const watched = [...this.#watched.values()];
    for (const watcher of this.#starting) this.#endStopping(watcher);
    for (const performance of watched) performance.endAll('STOPPING');
    await Promise.all(watched.map((performance) => performance.close()));
  }

  /** @throws nothing: what is wrong with the call ends the stream before its first message */
  watch<Message>(
    claims: PlaceClaims,
    performanceId: string,
    toMessage: (event: SeatEvent) => Message,
  ): SeatWatcher<Message> {
    const parts = () => this.#watched.get(performanceId)?.parts() ?? [];
    const watcher = new SeatWatcher(claims, this.#deps.clock, toMessage, parts, () => {
      this.#starting.delete(watcher);
      this.#leave(performanceId, watcher);
    });
    this.#starting.add(watcher);
    if (this.#stopping) this.#endStopping(watcher);
    else this.#join(performanceId, watcher).catch((error: unknown) => watcher.fail(error));
    return watcher;
  }

  async #join(performanceId: string, watcher: SeatWatcher<unknown>): Promise<void> {
    const performance = await this.#deps.findPerformance(performanceId);
    if (performance.concertId !== watcher.claims.concertId) throw tokenConcertMismatch();
    // Who went away meanwhile is not taken in, nor is anybody once the instance goes away.
    if (!this.#starting.delete(watcher) || this.#stopping) return;
    const watched = this.#watched.get(performanceId) ?? new WatchedPerformance(performance, this.#deps);
    this.#watched.set(performanceId, watched);
    watched.add(watcher);
  }

  #leave(performanceId: string, watcher: SeatWatcher<unknown>): void {
    const watched = this.#watched.get(performanceId);
    if (!watched?.remove(watcher)) return;
    this.#watched.delete(performanceId);
    watched.close().catch(this.#deps.onError);
  }

  #endStopping(watcher: SeatWatcher<unknown>): void {
    watcher.end('STOPPING', reconnectAfterMs(this.#deps.random()));
  }
}
