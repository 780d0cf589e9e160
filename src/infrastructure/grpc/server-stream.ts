import type { Metadata, StatusObject } from '@grpc/grpc-js';
import type { CallContext } from './call-context.ts';
import { asFailure, type CallFailure } from './call-failure.ts';
import { type Departing, endWhenCallerGoes } from './caller-gone.ts';
import type { Chain } from './chain.ts';
import type { MessageReader, MessageSource } from './message-source.ts';
import type { MethodRule } from './method-rules.ts';
import { ServerCall } from './server-call.ts';
import type { StreamMethod } from './service.ts';
import type { FailureOf } from './to-status.ts';

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
  on(event: 'cancelled' | 'drain', listener: () => void): unknown;
  once(event: 'drain', listener: () => void): unknown;
}

/** How a stream is served. */
export interface StreamOptions {
  /** How long a handler may take for its last message after the server began to stop. */
  readonly graceMs: number;
  /** Describes what ends a stream that is open. */
  readonly failureOf: FailureOf;
}

/**
 * The grpc-js handler of a server-streaming method. grpc-js does not wait for it; the promise is for tests, never rejects,
 * and is there when the stream is open or refused.
 *
 * @param method with its route
 * @param rule of the method
 * @param chain that the opening goes through
 */
export function streamHandler(method: StreamMethod, rule: MethodRule, chain: Chain, options: StreamOptions) {
  return async (stream: StreamCall): Promise<void> => {
    let handle: ((context: CallContext) => MessageSource<unknown>) | undefined;
    const call = new ServerCall({
      method: rule,
      metadata: stream.metadata,
      message: stream.request,
      validate(found) {
        handle = method.prepare(stream.request, found);
      },
      streamGraceMs: options.graceMs,
    });
    endWhenCallerGoes(stream, call);
    try {
      const source = await chain(call, async () => {
        if (handle === undefined) throw new Error(`${rule.path} was not validated`);
        return handle(call);
      });
      forget(stream.metadata);
      new Pump(source, stream, call, method, options.failureOf).start();
    } catch (error) {
      fail(stream, call, asFailure(error));
    }
  };
}

/** Lets go of the headers, which grpc-js would keep for as long as the stream is open: a kilobyte, and credentials. */
function forget(headers: Metadata): void {
  for (const name of Object.keys(headers.getMap())) headers.remove(name);
}

function fail(stream: StreamCall, call: ServerCall, failure: CallFailure): void {
  call.finish(failure);
  if (!isGone(stream)) stream.emit('error', failure.status);
}

/** A caller who has gone gets nothing: the stream is destroyed, or is about to be when all were told of the cancel. */
function isGone({ cancelled, destroyed }: StreamCall): boolean {
  return cancelled || destroyed;
}

/** Writes the messages of a stream as fast as its caller reads them, and closes their source however that ends. */
class Pump implements MessageReader {
  readonly #source: MessageSource<unknown>;
  readonly #stream: StreamCall;
  readonly #call: ServerCall;
  readonly #method: StreamMethod;
  readonly #failureOf: FailureOf;
  #isStarted = false;
  #isFull = false;
  #isOver = false;

  constructor(
    source: MessageSource<unknown>,
    stream: StreamCall,
    call: ServerCall,
    method: StreamMethod,
    failureOf: FailureOf,
  ) {
    this.#source = source;
    this.#stream = stream;
    this.#call = call;
    this.#method = method;
    this.#failureOf = failureOf;
  }

  start(): void {
    this.#source.readBy(this);
    this.#call.whenCut((reason) => this.#fail(reason));
    this.wake();
  }

  wake(): void {
    if (this.#isOver || this.#isFull) return;
    try {
      for (let message = this.#source.take(); message !== undefined; message = this.#source.take()) {
        this.#write(message);
        if (this.#isFull) return;
      }
      if (this.#source.isOver) this.#succeed();
    } catch (error) {
      this.#fail(error);
    }
  }

  #write(message: unknown): void {
    const bytes = this.#method.encode(message);
    this.#sendHeaders();
    if (this.#stream.write(bytes)) return;
    this.#isFull = true;
    // After a cancel 'drain' never comes, but then the cut does.
    this.#stream.once('drain', () => {
      this.#isFull = false;
      this.wake();
    });
  }

  #sendHeaders(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#stream.sendMetadata(this.#call.initialMetadata());
  }

  #succeed(): void {
    this.#sendHeaders();
    this.#isOver = true;
    this.#source.close();
    this.#call.finish();
    if (!isGone(this.#stream)) this.#stream.end();
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#source.close();
    fail(this.#stream, this.#call, this.#failureOf(error, this.#call));
  }
}
