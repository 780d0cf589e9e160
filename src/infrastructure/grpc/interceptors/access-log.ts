import type { Logger } from 'pino';
import type { FinishListener } from '../server-call.ts';
import { codeName, OK } from '../status-map.ts';
import type { Interceptor } from './interceptor.ts';

/**
 * Writes one line for each call when it has ended: no header, no field of the request, so no credential.
 *
 * @param nowMs milliseconds of a clock that never goes back
 */
export function accessLog(logger: Logger, nowMs: () => number): Interceptor {
  // Looking for credentials under every name they might have is what a line costs most, and these fields are all ours.
  const lines = logger.child({}, { redact: [] });
  const write: FinishListener = (call, failure) => {
    const end = call.endedBy;
    const gone = end === 'CANCELLED' || end === 'DEADLINE_EXCEEDED';
    const outcome = codeName(failure?.status.code ?? OK);
    const fields = {
      rpc: call.method.path,
      // The caller saw their own cancel or deadline, whatever the call came to.
      code: gone ? end : outcome,
      ...(gone && outcome !== end && { outcome }),
      ...(failure && { reason: failure.reason }),
      durationMs: Math.round((nowMs() - call.startedAtMs) * 10) / 10,
      requestId: call.requestId,
    };
    lines.info(fields, 'call');
  };
  return (call, next) => {
    call.startedAtMs = nowMs();
    call.whenFinished(write);
    return next();
  };
}
