import type { Logger } from 'pino';
import type { NewId } from '../../shared/ids.ts';
import type { InFlight } from './in-flight.ts';
import { access, type AccessPorts } from './interceptors/access.ts';
import { accessLog } from './interceptors/access-log.ts';
import { callCount, type CountCall } from './interceptors/call-count.ts';
import { errorEdge } from './interceptors/error-edge.ts';
import type { Interceptor } from './interceptors/interceptor.ts';
import { requestId } from './interceptors/request-id.ts';
import { type StoreGuard, storeGuard } from './interceptors/store-guard.ts';
import { tracking } from './interceptors/tracking.ts';
import { validation } from './interceptors/validation.ts';
import type { ServerCall } from './server-call.ts';
import type { FailureOf } from './to-status.ts';

/** What the chain works with. */
export interface ChainPorts {
  readonly logger: Logger;
  readonly failureOf: FailureOf;
  readonly inFlight: InFlight;
  readonly storeGuard: StoreGuard;
  readonly access: AccessPorts;
  readonly newId: NewId;
  readonly countCall: CountCall;
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number;
}

/**
 * Runs a call through all interceptors and then its handler, which for a stream only opens it. Rejects with nothing but a
 * CallFailure. Whoever runs it tells the call when it has its answer.
 */
export type Chain = <R>(call: ServerCall, handler: () => Promise<R>) => Promise<R>;

/**
 * What every call goes through before its handler, in this order. It is our own chain, since grpc-js runs its
 * interceptors before the request is decoded, and access depends on the request.
 */
export function createChain(ports: ChainPorts): Chain {
  return compose([
    // First, so that nothing thrown by any other escapes it.
    errorEdge(ports.failureOf),
    // Before the log and before any refusal: both carry the id.
    requestId(ports.newId),
    // Before everything that refuses, so that refused calls are logged too.
    accessLog(ports.logger, ports.nowMs),
    // Beside the log, which has the same calls.
    callCount(ports.countCall),
    // Before any work is done for a call that a stopping server would not finish.
    tracking(ports.inFlight),
    // Around access and the handler: both ask the stores. Inside tracking: a call that was answered holds no stop up.
    storeGuard(ports.storeGuard, ports.logger),
    // Before validation: strangers learn nothing about requests.
    access(ports.access),
    // Last, so that the handler only ever sees a request that fits its schema.
    validation(),
  ]);
}

/**
 * One chain of several interceptors, the first of them outermost. A synchronous throw is a rejection like any other.
 *
 * @param interceptors in order
 */
export function compose(interceptors: readonly Interceptor[]): Chain {
  return <R>(call: ServerCall, handler: () => Promise<R>): Promise<R> => {
    const from = (index: number): Promise<R> => {
      const interceptor = interceptors[index];
      // No async function, though it would read better: it would put a promise around the promise of each step.
      try {
        return interceptor === undefined ? handler() : interceptor(call, () => from(index + 1));
      } catch (error) {
        return Promise.reject<R>(error);
      }
    };
    return from(0);
  };
}
