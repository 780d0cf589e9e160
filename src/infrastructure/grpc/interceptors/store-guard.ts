import type { Logger } from 'pino';
import { storeUnavailable } from '../../../shared/domain-error.ts';
import type { MethodRule } from '../method-rules.ts';
import { untilAbort } from '../until-abort.ts';
import type { Interceptor } from './interceptor.ts';

/** Knows whether the stores answer. */
export interface StoreGuard {
  /**
   * A signal that is aborted while a store that the method needs is known to be gone, and aborts when that becomes
   * known.
   */
  failure(method: MethodRule): AbortSignal;
}

/**
 * Ends a call at once when a store is gone, instead of letting it hang until the driver gives up. What the handler
 * comes to later is logged. Streams are refused at their start only; when they run, they tell their watchers in a last
 * message.
 *
 * @throws STORE_UNAVAILABLE
 */
export function storeGuard(guard: StoreGuard, logger: Logger): Interceptor {
  return async (call, next) => {
    const failure = guard.failure(call.method);
    if (failure.aborted) throw storeUnavailable(failure.reason);
    if (call.method.responseStream) return next();
    try {
      return await untilAbort(next(), failure, (late) => {
        const err: unknown = late.status === 'rejected' ? late.reason : undefined;
        logger.debug(
          { err, rpc: call.method.path, requestId: call.requestId, late: late.status },
          'abandoned call ended',
        );
      });
    } catch (error) {
      if (failure.aborted && error === failure.reason) throw storeUnavailable(error);
      throw error;
    }
  };
}
