import type { PlaceClaims } from '../../shared/place-claims.ts';
import type { MethodRule } from './method-rules.ts';

/** Why nobody waits for a call any more, or why its stream has to end. */
export type CallEndKind = 'CANCELLED' | 'DEADLINE_EXCEEDED' | 'SERVER_STOPPING';

/** The reason with which the signal of a call aborts. */
export class CallEnded extends Error {
  readonly kind: CallEndKind;

  constructor(kind: CallEndKind) {
    super(`The call ended: ${kind}.`);
    this.name = 'CallEnded';
    this.kind = kind;
  }
}

/** How an answer that is the same for everybody may be kept on its way. */
export interface SharedCaching {
  readonly maxAgeSeconds: number;
  /** Another one whenever the answer says something else; visible ASCII without quotes. */
  readonly version: string;
}

/** What a handler knows of its call beside the request. */
export interface CallContext {
  /** The method and its access rule. */
  readonly method: MethodRule;
  /** The caller's `x-request-id`, or one made for the call. It goes back to the caller and into each line of the log. */
  readonly requestId: string;
  /**
   * Aborts when the caller cancels or the deadline passes; for streams also when the server stops. The reason is a
   * CallEnded. A mutation that is past its point of no return must not look at it.
   */
  readonly signal: AbortSignal;
  /** The verified queue token, where one was sent. */
  readonly place: PlaceClaims | undefined;
  /** The caller's idempotency key, without quotes, where one was sent. */
  readonly idempotencyKey: string | undefined;
  /** Marks the answer as the stored outcome of an earlier call: metadata `idempotent-replayed: true`. */
  markReplayed(): void;
  /** Lets caches keep the answer: metadata `cache-control` and `etag`. */
  markCacheable(caching: SharedCaching): void;
}

/**
 * The place of a method whose access is PLACE or ADMITTED.
 *
 * @throws Error if the method lets callers in without a queue token: a mistake in the code, not of the caller
 */
export function requirePlace(context: CallContext): PlaceClaims {
  if (context.place === undefined)
    throw new Error(`${context.method.path} asks for a place that its access rule does not promise`);
  return context.place;
}

/**
 * Why a call ended.
 *
 * @param signal of a call
 * @returns undefined while it runs
 */
export function endOf(signal: AbortSignal): CallEndKind | undefined {
  if (!signal.aborted) return undefined;
  const reason: unknown = signal.reason;
  return reason instanceof CallEnded ? reason.kind : 'CANCELLED';
}

/**
 * Whether a stream has to end because the server stops: there is still time for one last message, unlike after a
 * cancel.
 *
 * @param signal of a call
 */
export function isServerStopping(signal: AbortSignal): boolean {
  return endOf(signal) === 'SERVER_STOPPING';
}
