import { Metadata } from '@grpc/grpc-js';
import type { FieldViolation } from '../../shared/domain-error.ts';
import type { PlaceClaims } from '../../shared/place-claims.ts';
import type { Enrolled } from '../../shared/roster.ts';
import type { CallFailure } from './call-failure.ts';
import { type CallContext, CallEnded, type CallEndKind, endOf, type SharedCaching } from './call-context.ts';
import type { MethodRule } from './method-rules.ts';

/** What a call is made from. */
export interface ServerCallOptions {
  readonly method: MethodRule;
  /** What the caller sent as headers. It holds credentials: never log it. An open stream has let go of it. */
  readonly metadata: Metadata;
  /** The decoded request, or MALFORMED. */
  readonly message: unknown;
  /** Checks the request together with what is already known to be wrong, and throws INVALID_REQUEST. */
  readonly validate: (found: readonly FieldViolation[]) => void;
  /** How long a stream may go on after the server began to stop, to write its last message. */
  readonly streamGraceMs?: number;
}

/** Told how a call came out: without a failure it went well. */
export type FinishListener = (call: ServerCall, failure: CallFailure | undefined) => void;

/** A call on its way through the chain, which fills in what the handler then reads as its CallContext. */
export class ServerCall implements CallContext, Enrolled {
  rosterIndex = -1;
  readonly method: MethodRule;
  readonly metadata: Metadata;
  readonly message: unknown;
  requestId = '';
  /** When it came, by the clock of whoever logs it. */
  startedAtMs = 0;
  place: PlaceClaims | undefined;
  idempotencyKey: string | undefined;
  readonly #streamGraceMs: number;
  #onFinished: readonly FinishListener[] = [];
  #validate: ServerCallOptions['validate'] | undefined;
  // Made when somebody asks: hardly any unary call does.
  #ended: AbortController | undefined;
  #cutReason: CallEnded | undefined;
  #onCut: ((reason: CallEnded) => void) | undefined;
  #graceTimer: NodeJS.Timeout | undefined;
  #replayed = false;
  #isFinished = false;
  #caching: SharedCaching | undefined;

  constructor(options: ServerCallOptions) {
    this.method = options.method;
    this.metadata = options.metadata;
    this.message = options.message;
    this.#validate = options.validate;
    this.#streamGraceMs = options.streamGraceMs ?? 0;
  }

  get signal(): AbortSignal {
    return this.#endedController().signal;
  }

  /** Why the call ended, as its signal says; undefined while it runs. */
  get endedBy(): CallEndKind | undefined {
    return this.#ended && endOf(this.#ended.signal);
  }

  /**
   * Has the adapter told when it must not wait for the handler any more: at once after a cancel, later after a stop. Not an
   * AbortSignal: those weigh half a kilobyte each, for as long as a stream is open.
   *
   * @param listener the only one; called at once where that is so already
   */
  whenCut(listener: (reason: CallEnded) => void): void {
    this.#onCut = listener;
    if (this.#cutReason) listener(this.#cutReason);
  }

  markReplayed(): void {
    this.#replayed = true;
  }

  markCacheable(caching: SharedCaching): void {
    this.#caching = caching;
  }

  /** Tells the handler that nobody waits any more, or that its stream has to end; nothing once the call is finished. */
  end(kind: CallEndKind): void {
    if (this.#isFinished) return;
    const reason = new CallEnded(kind);
    this.#endedController().abort(reason);
    if (kind === 'SERVER_STOPPING') {
      this.#graceTimer ??= setTimeout(() => this.#cut(reason), this.#streamGraceMs).unref();
    } else {
      this.#cut(reason);
    }
  }

  /**
   * Checks the request, once: an open stream does not keep what that needs.
   *
   * @throws INVALID_REQUEST naming every wrong field, those that are known already among them
   */
  validate(found: readonly FieldViolation[]): void {
    const validate = this.#validate;
    this.#validate = undefined;
    validate?.(found);
  }

  /** Has somebody told when the call has its answer. */
  whenFinished(listener: FinishListener): void {
    // A push would make room for seventeen.
    this.#onFinished = [...this.#onFinished, listener];
  }

  /** The call has its answer. Whether its caller goes is no matter from now on: grpc-js reports a cancel after each. */
  finish(failure?: CallFailure): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    clearTimeout(this.#graceTimer);
    for (const listener of this.#onFinished) listener(this, failure);
  }

  #cut(reason: CallEnded): void {
    if (this.#cutReason) return;
    this.#cutReason = reason;
    this.#onCut?.(reason);
  }

  /**
   * The headers of the answer. They are sent with the first message and not before, since an error that comes first
   * needs its own headers to be the only ones.
   */
  initialMetadata(): Metadata {
    const metadata = new Metadata();
    metadata.set('x-request-id', this.requestId);
    if (this.#replayed) metadata.set('idempotent-replayed', 'true');
    if (this.#caching) {
      metadata.set('cache-control', `public, max-age=${this.#caching.maxAgeSeconds}`);
      // Weak, as the same answer is other bytes at each door.
      metadata.set('etag', `W/"${this.#caching.version}"`);
    }
    return metadata;
  }

  #endedController(): AbortController {
    return (this.#ended ??= new AbortController());
  }
}
