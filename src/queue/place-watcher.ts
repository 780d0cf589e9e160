import type { PlaceClaims } from '../shared/place-claims.ts';
import type { Place, PlaceSnapshot } from './place.ts';

/** Why a stream ends. */
export type WatchEnd = 'PLACE_ENDED' | 'STOPPING' | 'FAILED';

/** One message of a stream. */
export type WatchEvent =
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'heartbeat'; readonly atMs: number }
  | { readonly kind: 'end'; readonly reason: WatchEnd; readonly reconnectAfterMs: number | undefined };

/**
 * One open stream: a mailbox with room for the latest place, so that a slow reader costs no memory and reads what is
 * true when it reads.
 */
export class PlaceWatcher {
  readonly claims: PlaceClaims;
  /** When the place is to be read again. */
  dueAtMs = 0;
  #lastEventAtMs: number;
  #known: PlaceSnapshot | undefined;
  #place: Place | undefined;
  #heartbeatAtMs: number | undefined;
  #end: Extract<WatchEvent, { kind: 'end' }> | undefined;
  #wake: (() => void) | undefined;

  constructor(claims: PlaceClaims, nowMs: number) {
    this.claims = claims;
    this.#lastEventAtMs = nowMs;
  }

  /** The last position that was read; 0 where the place does not wait, undefined before the first reading. */
  get position(): number | undefined {
    return this.#known?.position;
  }

  /** Takes a reading; only what its user can see as a change becomes a message. */
  offer(snapshot: PlaceSnapshot, toPlace: (snapshot: PlaceSnapshot) => Place): void {
    const changed = this.#known === undefined || visibleChange(this.#known, snapshot);
    this.#known = snapshot;
    if (!changed) return;
    this.#place = toPlace(snapshot);
    this.#wake?.();
  }

  /** Takes the count of free seats alone: what a sold-out concert says to everybody, without reading each place. */
  offerStock(seatsFree: number, toPlace: (snapshot: PlaceSnapshot) => Place): void {
    if (this.#known) this.offer({ ...this.#known, seatsFree }, toPlace);
  }

  /** Puts a heartbeat in where nothing was said for an interval. */
  beat(nowMs: number, intervalMs: number): void {
    if (nowMs - this.#lastEventAtMs < intervalMs) return;
    this.#heartbeatAtMs = nowMs;
    this.#lastEventAtMs = nowMs;
    this.#wake?.();
  }

  /** Ends the stream after what is already in the mailbox. */
  end(reason: WatchEnd, reconnectAfterMs: number | undefined): void {
    this.#end ??= { kind: 'end', reason, reconnectAfterMs };
    this.#wake?.();
  }

  /** The messages, until the end or until the signal aborts. */
  async *events(signal: AbortSignal, nowMs: () => number): AsyncGenerator<WatchEvent> {
    const onAbort = () => this.#wake?.();
    signal.addEventListener('abort', onAbort);
    try {
      while (!signal.aborted || this.#end) {
        const event = this.#take();
        if (event) {
          this.#lastEventAtMs = nowMs();
          yield event;
          if (event.kind === 'end') return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#wake = undefined;
        }
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #take(): WatchEvent | undefined {
    if (this.#place) {
      const place = this.#place;
      this.#place = undefined;
      this.#heartbeatAtMs = undefined;
      return { kind: 'place', place };
    }
    if (this.#end) return this.#end;
    if (this.#heartbeatAtMs === undefined) return undefined;
    const atMs = this.#heartbeatAtMs;
    this.#heartbeatAtMs = undefined;
    return { kind: 'heartbeat', atMs };
  }
}

function visibleChange(before: PlaceSnapshot, after: PlaceSnapshot): boolean {
  return (
    before.state !== after.state ||
    before.position !== after.position ||
    before.admissionEndsAtMs !== after.admissionEndsAtMs ||
    (before.seatsFree === 0) !== (after.seatsFree === 0) ||
    before.recovering !== after.recovering
  );
}
