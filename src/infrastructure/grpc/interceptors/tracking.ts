import type { InFlight } from '../in-flight.ts';
import type { Interceptor } from './interceptor.ts';

/**
 * Refuses calls while the server stops, and lets the stop wait for those that run.
 *
 * @throws SERVER_STOPPING
 */
export function tracking(inFlight: InFlight): Interceptor {
  return (call, next) => {
    inFlight.add(call);
    return next();
  };
}
