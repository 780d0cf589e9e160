import type { Logger } from 'pino';
import type { ServerCall } from '../server-call.ts';
import { codeName, OK } from '../status-map.ts';
import type { FailureOf } from '../to-status.ts';
import type { Interceptor } from './interceptor.ts';

/**
 * Writes one line for each call when it has ended: no header, no field of the request, so no credential.
 *
 * @param nowMs milliseconds of a clock that never goes back
 */
export function accessLog(logger: Logger, failureOf: FailureOf, nowMs: () => number): Interceptor {
  // Looking for credentials under every name they might have is what a line costs most, and these fields are all ours.
  const lines = logger.child({}, { redact: [] });
  const write = (call: ServerCall, startMs: number, outcome: string, reason?: string) => {
    const end = call.endedBy;
    const gone = end === 'CANCELLED' || end === 'DEADLINE_EXCEEDED';
    const fields = {
      rpc: call.method.path,
      // The caller saw their own cancel or deadline, whatever the call came to.
      code: gone ? end : outcome,
      ...(gone && outcome !== end && { outcome }),
      ...(reason !== undefined && { reason }),
      durationMs: Math.round((nowMs() - startMs) * 10) / 10,
      requestId: call.requestId,
    };
    lines.info(fields, 'call');
  };
  return async (call, next) => {
    const startMs = nowMs();
    try {
      const result = await next();
      write(call, startMs, codeName(OK));
      return result;
    } catch (error) {
      const failure = failureOf(error, call);
      write(call, startMs, codeName(failure.status.code), failure.reason);
      throw failure;
    }
  };
}
