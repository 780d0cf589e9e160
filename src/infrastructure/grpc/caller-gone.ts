import type { ServerCall } from './server-call.ts';

/** The part of a grpc-js call that tells when its caller has gone. */
export interface Departing {
  readonly cancelled: boolean;
  getDeadline(): Date | number;
  on(event: 'cancelled', listener: () => void): unknown;
}

/**
 * Ends a call when its caller cancels or its deadline passes. grpc-js sends the answer of a deadline itself, and
 * reports both as a cancel.
 *
 * @param grpcCall of grpc-js
 * @param call is ended
 */
export function endWhenCallerGoes(grpcCall: Departing, call: ServerCall): void {
  const gone = () => call.end(Date.now() >= Number(grpcCall.getDeadline()) ? 'DEADLINE_EXCEEDED' : 'CANCELLED');
  // A caller can be gone before the handler starts: the event never comes then.
  if (grpcCall.cancelled) gone();
  // Not `once`, which keeps two more closures for an event that comes once as it is.
  else grpcCall.on('cancelled', gone);
}
