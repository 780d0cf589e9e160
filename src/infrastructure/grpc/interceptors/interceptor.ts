import type { ServerCall } from '../server-call.ts';

/**
 * One concern of every call. It may refuse by throwing, fill in the call, and do something before and after what
 * follows, which for a stream is no more than its opening. What is to be done when the call has its answer, it asks
 * `whenFinished` for: a chain that waited for the end of each open stream would be a third of what a stream weighs.
 */
export type Interceptor = <R>(call: ServerCall, next: () => Promise<R>) => Promise<R>;
