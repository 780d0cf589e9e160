import type { ServerCall } from '../server-call.ts';

/**
 * One concern of every call. It may refuse by throwing, fill in the call, and do something before and after what
 * follows.
 */
export type Interceptor = <R>(call: ServerCall, next: () => Promise<R>) => Promise<R>;
