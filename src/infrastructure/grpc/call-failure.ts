import { Metadata, type StatusObject } from '@grpc/grpc-js';
import { codeOf } from './status-map.ts';

/** How a failed call is answered. Made of any thrown thing by the one function that toStatus returns. */
export class CallFailure extends Error {
  /** What goes to the caller. */
  readonly status: StatusObject;
  /** The reason for the log: of the refusal, or why the call ended. */
  readonly reason: string;

  constructor(status: StatusObject, reason: string, cause: unknown) {
    super(status.details, { cause });
    this.name = 'CallFailure';
    this.status = status;
    this.reason = reason;
  }
}

/**
 * The failure with which an adapter ends a call.
 *
 * @param error a CallFailure; anything else means that answering itself failed, and says nothing to the caller
 */
export function asFailure(error: unknown): CallFailure {
  if (error instanceof CallFailure) return error;
  const status = { code: codeOf('INTERNAL'), details: 'Internal error.', metadata: new Metadata() };
  return new CallFailure(status, 'INTERNAL', error);
}
