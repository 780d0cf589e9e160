import type { SeatChanges, SeatEvent, SeatMapPart } from '../catalog/index.ts';
import type { MessageReader, MessageSource } from '../infrastructure/grpc/message-source.ts';
import type { Clock } from '../shared/clock.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';

type End = Extract<SeatEvent, { kind: 'end' }>;

/** Changes that wait for a slow reader, two seconds of them; then the map as it is by then takes their place. */
const MAX_WAITING = 20;

/** One open stream of seats: a mailbox that never grows. What is in it is shared with all watchers of the performance. */
export class SeatWatcher<Message> implements MessageSource<Message> {
  readonly claims: PlaceClaims;
  readonly #clock: Clock;
  readonly #toMessage: (event: SeatEvent) => Message;
  readonly #readMap: () => readonly SeatMapPart[];
  readonly #onClose: () => void;
  #lastEventAtMs: number;
  #wantsMap = false;
  #parts: SeatMapPart[] = [];
  #changes: SeatChanges[] = [];
  #heartbeatAtMs: number | undefined;
  #end: End | undefined;
  #failure: { readonly error: unknown } | undefined;
  #isClosed = false;
  #reader: MessageReader | undefined;

  /**
   * @param toMessage what its reader gets for an event
   * @param readMap the map as it was shown last; called only after offerMap
   * @param onClose told once, when the last message was read or the reader goes away
   */
  constructor(
    claims: PlaceClaims,
    clock: Clock,
    toMessage: (event: SeatEvent) => Message,
    readMap: () => readonly SeatMapPart[],
    onClose: () => void,
  ) {
    this.claims = claims;
    this.#clock = clock;
    this.#toMessage = toMessage;
    this.#readMap = readMap;
    this.#onClose = onClose;
    this.#lastEventAtMs = clock.nowMs();
  }

  get isOver(): boolean {
    return this.#isClosed;
  }

  /** The map is to be read: at the start, and where changes are missing. What waits is in it. */
  offerMap(): void {
    this.#parts = [];
    this.#wantMap();
  }

  /** Takes the next changes. Whoever still waits for the map gets them with it. */
  offerChanges(changes: SeatChanges): void {
    if (this.#wantsMap) return;
    if (this.#changes.length >= MAX_WAITING) {
      this.#wantMap();
      return;
    }
    this.#changes.push(changes);
    this.#reader?.wake();
  }

  /** Puts a heartbeat in where nothing was said for an interval. */
  beat(nowMs: number, intervalMs: number): void {
    if (nowMs - this.#lastEventAtMs < intervalMs) return;
    this.#heartbeatAtMs = nowMs;
    this.#lastEventAtMs = nowMs;
    this.#reader?.wake();
  }

  /** Ends the stream at once: a map is of no use to who has to go. */
  end(reason: End['reason'], reconnectAfterMs: number | undefined): void {
    this.#end ??= { kind: 'end', reason, reconnectAfterMs };
    this.#reader?.wake();
  }

  /** Ends the stream with an error, before its first message. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#reader?.wake();
  }

  readBy(reader: MessageReader): void {
    this.#reader = reader;
  }

  take(): Message | undefined {
    if (this.#isClosed) return undefined;
    if (this.#failure) throw this.#failure.error;
    const event = this.#nextEvent();
    if (!event) return undefined;
    this.#lastEventAtMs = this.#clock.nowMs();
    if (event.kind === 'end') this.close();
    return this.#toMessage(event);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClose();
  }

  /** A map that is being read is read to its end first: who is slow would otherwise never see a whole one. */
  #wantMap(): void {
    this.#wantsMap = true;
    this.#changes = [];
    this.#reader?.wake();
  }

  #nextEvent(): SeatEvent | undefined {
    if (this.#end) return this.#end;
    if (this.#wantsMap && this.#parts.length === 0) {
      this.#wantsMap = false;
      this.#parts = [...this.#readMap()];
    }
    const next = this.#parts.shift() ?? this.#changes.shift();
    if (next) {
      this.#heartbeatAtMs = undefined;
      return next;
    }
    if (this.#heartbeatAtMs === undefined) return undefined;
    const atMs = this.#heartbeatAtMs;
    this.#heartbeatAtMs = undefined;
    return { kind: 'heartbeat', atMs };
  }
}
