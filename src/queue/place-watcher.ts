import type { MessageReader, MessageSource } from '../infrastructure/grpc/message-source.ts';
import type { Clock } from '../shared/clock.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';
import type { LineFacts, Place, PlaceSnapshot, PlaceState } from './place.ts';

/** Why a stream ends. */
export type WatchEnd = 'PLACE_ENDED' | 'STOPPING' | 'FAILED';

/** One message of a stream. */
export type WatchEvent =
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'heartbeat'; readonly atMs: number }
  | { readonly kind: 'end'; readonly reason: WatchEnd; readonly reconnectAfterMs: number | undefined };

/**
 * One open stream: a mailbox with room for the latest place, so that a slow reader costs no memory and reads what is
 * true when it reads. Tens of thousands are open, so what it knows stands in its own fields: the readings of a place come
 * every few seconds, and kept until the next they would grow old and be garbage that is dear to collect.
 */
export class PlaceWatcher<Message> implements MessageSource<Message> {
  readonly claims: PlaceClaims;
  /** When the place is to be read again. */
  dueAtMs = 0;
  readonly #clock: Clock;
  readonly #toMessage: (event: WatchEvent) => Message;
  readonly #onClose: (watcher: WatchedPlace) => void;
  #lastEventAtMs: number;
  /** Undefined before the first reading, as the position is. */
  #state: PlaceState | undefined;
  #position: number | undefined;
  #admissionEndsAtMs = 0;
  #isSoldOut = false;
  #isRecovering = false;
  #place: Place | undefined;
  #heartbeatAtMs: number | undefined;
  #end: Extract<WatchEvent, { kind: 'end' }> | undefined;
  #isClosed = false;
  #reader: MessageReader | undefined;

  /**
   * @param toMessage what its reader gets for an event
   * @param onClose told once, when the last message was read or the reader goes away
   */
  constructor(
    claims: PlaceClaims,
    clock: Clock,
    toMessage: (event: WatchEvent) => Message,
    onClose: (watcher: WatchedPlace) => void,
  ) {
    this.claims = claims;
    this.#clock = clock;
    this.#toMessage = toMessage;
    this.#onClose = onClose;
    this.#lastEventAtMs = clock.nowMs();
  }

  /** The last position that was read; 0 where the place does not wait, undefined before the first reading. */
  get position(): number | undefined {
    return this.#position;
  }

  get isOver(): boolean {
    return this.#isClosed;
  }

  /** Takes a reading; only what its user can see as a change becomes a message. */
  offer(snapshot: PlaceSnapshot, toPlace: (snapshot: PlaceSnapshot) => Place): void {
    if (!this.#learn(snapshot)) return;
    this.#place = toPlace(snapshot);
    this.#reader?.wake();
  }

  /** Takes what is true of the whole line: what a sold-out concert says to everybody, without reading each place. */
  offerFacts(facts: LineFacts, toPlace: (snapshot: PlaceSnapshot) => Place): void {
    const [state, position] = [this.#state, this.#position];
    if (state === undefined || position === undefined || (facts.seatsFree === 0) === this.#isSoldOut) return;
    this.offer({ ...facts, ...this.claims, state, position, admissionEndsAtMs: this.#admissionEndsAtMs }, toPlace);
  }

  /** Puts a heartbeat in where nothing was said for an interval. */
  beat(nowMs: number, intervalMs: number): void {
    if (nowMs - this.#lastEventAtMs < intervalMs) return;
    this.#heartbeatAtMs = nowMs;
    this.#lastEventAtMs = nowMs;
    this.#reader?.wake();
  }

  /** Ends the stream after what is already in the mailbox. */
  end(reason: WatchEnd, reconnectAfterMs: number | undefined): void {
    this.#end ??= { kind: 'end', reason, reconnectAfterMs };
    this.#reader?.wake();
  }

  readBy(reader: MessageReader): void {
    this.#reader = reader;
  }

  take(): Message | undefined {
    const event = this.#isClosed ? undefined : this.#nextEvent();
    if (!event) return undefined;
    this.#lastEventAtMs = this.#clock.nowMs();
    if (event.kind === 'end') this.close();
    return this.#toMessage(event);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose(this);
  }

  /** Keeps a reading; returns whether its user can see that something changed. */
  #learn({ state, position, admissionEndsAtMs, seatsFree, recovering }: PlaceSnapshot): boolean {
    const isSoldOut = seatsFree === 0;
    const isSeen =
      state !== this.#state ||
      position !== this.#position ||
      admissionEndsAtMs !== this.#admissionEndsAtMs ||
      isSoldOut !== this.#isSoldOut ||
      recovering !== this.#isRecovering;
    this.#state = state;
    this.#position = position;
    this.#admissionEndsAtMs = admissionEndsAtMs;
    this.#isSoldOut = isSoldOut;
    this.#isRecovering = recovering;
    return isSeen;
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
}

/** A stream as who looks after it sees it: whatever its reader gets. */
export type WatchedPlace = Pick<
  PlaceWatcher<unknown>,
  'claims' | 'dueAtMs' | 'position' | 'offer' | 'offerFacts' | 'beat' | 'end'
>;
