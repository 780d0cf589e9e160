import type { Metadata, StatusObject } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import type { CallContext } from './call-context.ts';
import { statusOf } from './call-failure.ts';
import { type Departing, endWhenCallerGoes } from './caller-gone.ts';
import type { Chain } from './chain.ts';
import type { MethodRule } from './method-rules.ts';
import { ServerCall } from './server-call.ts';
import type { StreamMethod } from './service.ts';

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
        await new Pump(handle(call), { stream, call, method, logger: options.logger, graceMs }).run();
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

/** What pumping a stream needs. */
interface PumpOptions {
  readonly stream: StreamCall;
  readonly call: ServerCall;
  readonly method: StreamMethod;
  readonly logger: Logger;
  readonly graceMs: number;
}

/**
 * Writes each response as fast as the caller reads, and closes the iterator however that ends. A state machine and not a
 * loop that awaits: what an `await` with a way out needs would be made anew for each message and, since the next one is
 * seconds away, grow old. With tens of thousands of streams that is most of the garbage there is.
 */
class Pump {
  readonly #options: PumpOptions;
  readonly #iterator: AsyncIterator<unknown>;
  readonly #settled = Promise.withResolvers<void>();
  #isStarted = false;
  /** An iterator that ended or threw is closed already. */
  #isExhausted = false;
  #isOver = false;

  constructor(responses: AsyncIterable<unknown>, options: PumpOptions) {
    this.#options = options;
    this.#iterator = responses[Symbol.asyncIterator]();
  }

  /**
   * @throws what the iterator or the encoding throws, or the reason of the cut
   */
  run(): Promise<void> {
    this.#pull();
    this.#options.call.whenCut((reason) => this.#fail(reason));
    return this.#settled.promise;
  }

  readonly #pull = (): void => {
    if (this.#isOver) return;
    try {
      this.#iterator.next().then(this.#onResult, this.#onError);
    } catch (error) {
      this.#fail(error);
    }
  };

  readonly #onResult = (result: IteratorResult<unknown>): void => {
    if (result.done === true) this.#isExhausted = true;
    if (this.#isOver) return;
    const { stream, call, method } = this.#options;
    try {
      if (!this.#isStarted) stream.sendMetadata(call.initialMetadata());
      this.#isStarted = true;
      if (result.done === true) this.#finish(this.#settled.resolve);
      else if (stream.write(method.encode(result.value))) this.#pull();
      // After a cancel 'drain' never comes, but then the cut does.
      else stream.once('drain', this.#pull);
    } catch (error) {
      this.#fail(error);
    }
  };

  readonly #onError = (error: unknown): void => {
    this.#isExhausted = true;
    if (this.#isOver) logLate(this.#options, error);
    else this.#fail(error);
  };

  #fail(error: unknown): void {
    this.#finish(() => this.#settled.reject(error));
  }

  #finish(settle: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isExhausted) settle();
    else void close(this.#iterator, this.#options).then(settle);
  }
}

/** Lets the handler clean up, but does not wait for one that hangs. */
async function close(iterator: AsyncIterator<unknown>, options: PumpOptions): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const cleanUp = async () => {
    try {
      await iterator.return?.();
    } catch (error) {
      logLate(options, error);
    }
  };
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, options.graceMs).unref()));
  await Promise.race([cleanUp(), patience]);
  clearTimeout(timer);
}

function logLate({ logger, call }: PumpOptions, error: unknown): void {
  logger.debug({ err: error, rpc: call.method.path, requestId: call.requestId }, 'a stream failed after its end');
}
