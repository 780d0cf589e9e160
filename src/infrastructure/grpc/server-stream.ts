import type { Metadata, StatusObject } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { CallContext } from './call-context.ts';
import { statusOf } from './call-failure.ts';
import { type Departing, endWhenCallerGoes } from './caller-gone.ts';
import type { Chain } from './chain.ts';
import type { MethodRule } from './method-rules.ts';
import { ServerCall } from './server-call.ts';
import type { StreamMethod } from './service.ts';
import { untilAbort } from './until-abort.ts';

/** The part of a grpc-js server-streaming call that is used here. */
export interface StreamCall extends Departing {
  readonly metadata: Metadata;
  readonly request: unknown;
  readonly destroyed: boolean;
  sendMetadata(metadata: Metadata): void;
  /** False when the caller reads slower than we write: wait for 'drain'. */
  write(response: Buffer): boolean;
  end(): unknown;
  /** grpc-js ends the stream with the status of an 'error'. */
  emit(event: 'error', status: StatusObject): boolean;
  once(event: 'cancelled' | 'drain', listener: () => void): unknown;
}

/** How a stream is served. */
export interface StreamOptions {
  readonly logger: Logger;
  /** How long a handler may take for its last message after the server began to stop, and to clean up. */
  readonly graceMs: number;
}

/**
 * The grpc-js handler of a server-streaming method. grpc-js does not wait for it; the promise is for tests and never
 * rejects.
 *
 * @param method with its route
 * @param rule of the method
 * @param chain that the call goes through
 */
export function streamHandler(method: StreamMethod, rule: MethodRule, chain: Chain, options: StreamOptions) {
  const { graceMs } = options;
  return async (stream: StreamCall): Promise<void> => {
    let handle: ((context: CallContext) => AsyncIterable<unknown>) | undefined;
    const call = new ServerCall({
      method: rule,
      metadata: stream.metadata,
      message: stream.request,
      validate(found) {
        handle = method.prepare(stream.request, found);
      },
      streamGraceMs: graceMs,
    });
    let finished = false;
    endWhenCallerGoes(stream, (kind) => {
      if (!finished) call.end(kind);
    });
    try {
      await chain(call, async () => {
        if (handle === undefined) throw new Error(`${rule.path} was not validated`);
        await pump(handle(call), { stream, call, method, logger: options.logger, graceMs });
      });
      finished = true;
      if (!stream.destroyed) stream.end();
    } catch (error) {
      finished = true;
      // A caller who has gone gets nothing, and the stream is destroyed already.
      if (!stream.destroyed) stream.emit('error', statusOf(error));
    } finally {
      call.finish();
    }
  };
}

interface Pump {
  readonly stream: StreamCall;
  readonly call: ServerCall;
  readonly method: StreamMethod;
  readonly logger: Logger;
  readonly graceMs: number;
}

/** Writes each response as fast as the caller reads, and closes the iterator however that ends. */
async function pump(responses: AsyncIterable<unknown>, options: Pump): Promise<void> {
  const { stream, call, method, logger } = options;
  const iterator = responses[Symbol.asyncIterator]();
  const late = (outcome: PromiseSettledResult<unknown>) => {
    if (outcome.status === 'rejected') logLate(logger, call, outcome.reason);
  };
  let exhausted = false;
  let started = false;
  const start = () => {
    if (!started) stream.sendMetadata(call.initialMetadata());
    started = true;
  };
  try {
    for (;;) {
      const next = iterator.next();
      // An iterator that ended or threw is closed already.
      next.then(
        (result) => (exhausted ||= result.done === true),
        () => (exhausted = true),
      );
      const result = await untilAbort(next, call.cut, late);
      start();
      if (result.done === true) return;
      if (!stream.write(method.encode(result.value))) {
        // After a cancel 'drain' never comes, hence the signal.
        await untilAbort(new Promise<void>((resolve) => stream.once('drain', resolve)), call.cut, late);
      }
    }
  } finally {
    if (!exhausted) await close(iterator, options);
  }
}

/** Lets the handler clean up, but does not wait for one that hangs. */
async function close(iterator: AsyncIterator<unknown>, { call, logger, graceMs }: Pump): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const cleanUp = async () => {
    try {
      await iterator.return?.();
    } catch (error) {
      logLate(logger, call, error);
    }
  };
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs).unref()));
  await Promise.race([cleanUp(), patience]);
  clearTimeout(timer);
}

function logLate(logger: Logger, call: ServerCall, error: unknown): void {
  logger.debug({ err: error, rpc: call.method.path, requestId: call.requestId }, 'a stream failed after its end');
}
