import { Metadata } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { DomainError } from '../../shared/domain-error.ts';
import { CallEnded, endOf } from './call-context.ts';
import { CallFailure } from './call-failure.ts';
import { type Detail, type DetailEncoder, encodeStatus } from './error-details.ts';
import { CODE_OF_END, codeOf } from './status-map.ts';

/** Recognises a store's error that is a refusal or an outage, and says which. */
export type ErrorTranslator = (error: unknown) => DomainError | undefined;

/** What answering an error needs. */
export interface ToStatusOptions {
  readonly logger: Logger;
  /** Asked in order; the first that knows the error wins. */
  readonly translators?: readonly ErrorTranslator[];
  /** Each may add a detail to a refusal. */
  readonly detailEncoders?: readonly DetailEncoder[];
}

/** The call in which an error was thrown. */
export interface FailedCall {
  readonly requestId: string;
  readonly signal: AbortSignal;
  readonly method: { readonly path: string };
}

/** Turns a thrown thing into the answer of its call; what already is an answer stays it. Never throws. */
export type FailureOf = (error: unknown, call: FailedCall) => CallFailure;

const MAX_MESSAGE = 500;
const MAX_CAUSES = 5;

/**
 * Makes the one place in which errors become answers. A refusal goes to the caller with its details. Everything else
 * goes to the log with its cause, and the caller gets a fixed text with the request id under which to find it.
 */
export function toStatus({ logger, translators = [], detailEncoders = [] }: ToStatusOptions): FailureOf {
  const attempt = <T>(call: FailedCall, step: () => T | undefined): T | undefined => {
    try {
      return step();
    } catch (error) {
      logger.error({ err: error, requestId: call.requestId }, 'an error could not be described in full');
      return undefined;
    }
  };

  const translate = (error: unknown, call: FailedCall): DomainError | undefined => {
    if (error instanceof DomainError) return error;
    for (const translator of translators) {
      const translated = attempt(call, () => translator(error));
      if (translated !== undefined) return translated;
    }
    return undefined;
  };

  const unexpected = (error: unknown, call: FailedCall): CallFailure => {
    logger.error({ err: error, requestId: call.requestId, rpc: call.method.path }, 'unexpected error');
    const answer = new DomainError('INTERNAL', 'Internal error.', { metadata: { request_id: call.requestId } });
    return refusal(answer, call, [], error);
  };

  return (error, call) => {
    if (error instanceof CallFailure) return error;
    if (isAbort(error)) {
      const end = error instanceof CallEnded ? error.kind : endOf(call.signal);
      if (end === 'SERVER_STOPPING') return refusal(serverStopping(), call, [], error);
      if (end !== undefined) return ended(end, call, error);
    }
    const known = translate(error, call);
    if (known === undefined || known.reason === 'INTERNAL') return unexpected(error, call);
    if (known.cause !== undefined) {
      const fields = { err: known.cause, reason: known.reason, requestId: call.requestId, rpc: call.method.path };
      // That a store is gone is said once, by whoever watches it: under load it would be said a thousand times a second.
      const level = known.reason === 'STORE_UNAVAILABLE' ? 'debug' : 'warn';
      logger[level](fields, 'refused because of an error');
    }
    const extra = detailEncoders.map((encoder) => attempt(call, () => encoder(known)));
    return refusal(
      known,
      call,
      extra.filter((detail) => detail !== undefined),
      error,
    );
  };
}

/** The refusal of a server that is going away: another instance, or this one after its start, answers. */
export function serverStopping(): DomainError {
  return new DomainError('SERVER_STOPPING', 'This instance is stopping, try again.', { retryAfterMs: 1_000 });
}

function refusal(error: DomainError, call: FailedCall, extra: readonly Detail[], cause: unknown): CallFailure {
  const code = codeOf(error.reason);
  const message = wireText(error.message);
  const retryAfterMs = error.retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(error.retryAfterMs));
  const metadata = errorMetadata(call);
  const { reason, violations } = error;
  const bytes = encodeStatus({ code, message, reason, metadata: error.metadata, retryAfterMs, violations, extra });
  metadata.set('grpc-status-details-bin', Buffer.from(bytes));
  // A gateway never derives this header from RetryInfo, so it is sent as metadata.
  if (retryAfterMs !== undefined) metadata.set('retry-after', String(Math.ceil(retryAfterMs / 1_000)));
  return new CallFailure({ code, details: message, metadata }, reason, cause);
}

function ended(end: keyof typeof CODE_OF_END, call: FailedCall, cause: unknown): CallFailure {
  const details = end === 'CANCELLED' ? 'The caller cancelled the call.' : 'The deadline of the call passed.';
  return new CallFailure({ code: CODE_OF_END[end], details, metadata: errorMetadata(call) }, end, cause);
}

// The request id travels with the error: initial metadata would move retry-after into trailers, where an HTTP/1 client
// never sees it.
function errorMetadata(call: FailedCall): Metadata {
  const metadata = new Metadata();
  if (call.requestId !== '') metadata.set('x-request-id', call.requestId);
  return metadata;
}

/** Text that fits a header: grpc-js percent-encodes it, and throws at half a surrogate pair. */
function wireText(text: string): string {
  return text
    .slice(0, MAX_MESSAGE)
    .toWellFormed()
    .replaceAll(/\p{Cc}/gu, ' ');
}

function isAbort(error: unknown): boolean {
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES && current instanceof Error; depth++) {
    if (current instanceof CallEnded || current.name === 'AbortError') return true;
    current = current.cause;
  }
  return false;
}
