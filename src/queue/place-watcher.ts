import type { Clock } from '../shared/clock.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';
import type { Place, PlaceSnapshot } from './place.ts';

/** Why a stream ends. */
export type WatchEnd = 'PLACE_ENDED' | 'STOPPING' | 'FAILED';

/** One message of a stream. */
export type WatchEvent =
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'heartbeat'; readonly atMs: number }
  | { readonly kind: 'end'; readonly reason: WatchEnd; readonly reconnectAfterMs: number | undefined };

const DONE = { done: true, value: undefined } as const;

/**
 * One open stream: a mailbox with room for the latest place, so that a slow reader costs no memory and reads what is
 * true when it reads. It is its own iterator, not a generator: tens of thousands are open, each waits for seconds, and
 * what a generator keeps meanwhile is most of what a stream would weigh.
 */
export class PlaceWatcher<Message> implements AsyncIterableIterator<Message, undefined> {
  readonly claims: PlaceClaims;
  /** When the place is to be read again. */
  dueAtMs = 0;
  readonly #clock: Clock;
  readonly #toMessage: (event: WatchEvent) => Message;
  readonly #onClose: () => void;
  #lastEventAtMs: number;
  #known: PlaceSnapshot | undefined;
  #place: Place | undefined;
  #heartbeatAtMs: number | undefined;
  #end: Extract<WatchEvent, { kind: 'end' }> | undefined;
  #isClosed = false;
  #give: ((result: IteratorResult<Message, undefined>) => void) | undefined;

  /**
   * @param toMessage what its reader gets for an event
   * @param onClose told once, when the last message was read or the reader goes away
   */
  constructor(claims: PlaceClaims, clock: Clock, toMessage: (event: WatchEvent) => Message, onClose: () => void) {
    this.claims = claims;
    this.#clock = clock;
    this.#toMessage = toMessage;
    this.#onClose = onClose;
    this.#lastEventAtMs = clock.nowMs();
  }

  [Symbol.asyncIterator](): this {
    return this;
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
    this.#deliver();
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
    this.#deliver();
  }

  /** Ends the stream after what is already in the mailbox. */
  end(reason: WatchEnd, reconnectAfterMs: number | undefined): void {
    this.#end ??= { kind: 'end', reason, reconnectAfterMs };
    this.#deliver();
  }

  /** The next message, asked for one at a time. */
  next(): Promise<IteratorResult<Message, undefined>> {
    const result = this.#take();
    if (result) return Promise.resolve(result);
    return new Promise((resolve) => {
      this.#give = resolve;
    });
  }

  /** The reader goes away. */
  return(): Promise<IteratorResult<Message, undefined>> {
    this.#close();
    this.#deliver();
    return Promise.resolve(DONE);
  }

  /** Gives the next message to a reader who waits for it. */
  #deliver(): void {
    const give = this.#give;
    if (!give) return;
    const result = this.#take();
    if (!result) return;
    this.#give = undefined;
    give(result);
  }

  #take(): IteratorResult<Message, undefined> | undefined {
    if (this.#isClosed) return DONE;
    const event = this.#nextEvent();
    if (!event) return undefined;
    this.#lastEventAtMs = this.#clock.nowMs();
    if (event.kind === 'end') this.#close();
    return { done: false, value: this.#toMessage(event) };
  }

  #nextEvent(): WatchEvent | undefined {
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

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose();
  }
}

/** A stream as who looks after it sees it: whatever its reader gets. */
export type WatchedPlace = Pick<
  PlaceWatcher<unknown>,
  'claims' | 'dueAtMs' | 'position' | 'offer' | 'offerStock' | 'beat' | 'end'
>;

function visibleChange(before: PlaceSnapshot, after: PlaceSnapshot): boolean {
  return (
    before.state !== after.state ||
    before.position !== after.position ||
    before.admissionEndsAtMs !== after.admissionEndsAtMs ||
    (before.seatsFree === 0) !== (after.seatsFree === 0) ||
    before.recovering !== after.recovering
  );
}
