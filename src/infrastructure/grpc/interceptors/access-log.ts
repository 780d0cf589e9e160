import type { Logger } from 'pino';
import { perOutcome } from '../../telemetry/per-outcome.ts';
import type { CallFailure } from '../call-failure.ts';
import type { FinishListener, ServerCall } from '../server-call.ts';
import { codeName, OK } from '../status-map.ts';
import type { Interceptor } from './interceptor.ts';

/** The code that the caller saw: their own cancel or deadline, whatever the call came to. */
export function codeSeen(call: ServerCall, failure: CallFailure | undefined): string {
  const end = call.endedBy;
  return end === 'CANCELLED' || end === 'DEADLINE_EXCEEDED' ? end : codeName(failure?.status.code ?? OK);
}

/**
 * Writes one line for each call when it has ended: no header, no field of the request, so no credential.
 *
 * @param nowMs milliseconds of a clock that never goes back
 */
export function accessLog(logger: Logger, nowMs: () => number): Interceptor {
  // What lines have in common is made into JSON once. Looking for credentials under every name they might have is what a line
  // costs most, and these fields are all ours.
  const loggerOf = perOutcome((rpc, code) => logger.child({ rpc, code }, { redact: [] }));
  const write: FinishListener = (call, failure) => {
    const code = codeSeen(call, failure);
    const outcome = codeName(failure?.status.code ?? OK);
    const fields = {
      ...(outcome !== code && { outcome }),
      ...(failure && { reason: failure.reason }),
      durationMs: Math.round((nowMs() - call.startedAtMs) * 10) / 10,
      requestId: call.requestId,
    };
    loggerOf(call.method.path, code).info(fields, 'call');
  };
  return (call, next) => {
    call.startedAtMs = nowMs();
    call.whenFinished(write);
    return next();
  };
}
