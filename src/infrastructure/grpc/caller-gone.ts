import type { CallEndKind } from './call-context.ts';

/** The part of a grpc-js call that tells when its caller has gone. */
export interface Departing {
  readonly cancelled: boolean;
  getDeadline(): Date | number;
  once(event: 'cancelled', listener: () => void): unknown;
}

/**
 * Ends a call when its caller cancels or its deadline passes. grpc-js sends the answer of a deadline itself, and
 * reports both as a cancel.
 *
 * @param grpcCall of grpc-js
 * @param end is told why
 */
export function endWhenCallerGoes(grpcCall: Departing, end: (kind: CallEndKind) => void): void {
  const gone = () => end(Date.now() >= Number(grpcCall.getDeadline()) ? 'DEADLINE_EXCEEDED' : 'CANCELLED');
  // A caller can be gone before the handler starts: the event never comes then.
  if (grpcCall.cancelled) gone();
  else grpcCall.once('cancelled', gone);
}
