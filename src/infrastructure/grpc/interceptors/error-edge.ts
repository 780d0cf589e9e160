import type { FailureOf } from '../to-status.ts';
import type { Interceptor } from './interceptor.ts';

/**
 * Turns whatever is thrown behind it into a CallFailure, the only thing that the adapters have to know.
 *
 * @param failureOf from toStatus
 */
export function errorEdge(failureOf: FailureOf): Interceptor {
  return async (call, next) => {
    try {
      return await next();
    } catch (error) {
      throw failureOf(error, call);
    }
  };
}
