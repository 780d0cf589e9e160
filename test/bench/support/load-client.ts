import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

/** Calls of one method that are made one after the other, so many at a time. */
export interface Load {
  /** Of a server on the loopback address. */
  readonly port: number;
  /** `/frontrow.v1.QueueService/GetPosition` */
  readonly path: string;
  /** How many calls run at any moment. */
  readonly concurrency: number;
  /** How many calls begin in a second, at even distances; as many as can where it is not said. */
  readonly ratePerSecond?: number;
  /** How many calls are made in all. */
  readonly calls: number;
  /** Requests in wire form, taken in turn. */
  readonly requests: readonly Uint8Array[];
  /** Queue tokens, taken in turn; none to send no token. */
  readonly tokens: readonly string[];
  /** Whether the responses are wanted too. */
  readonly keepResponses?: boolean;
}

/** How that went. Every call succeeded: one that does not is an error of the run. */
export interface LoadResult {
  /** From a call's start to its trailers, in the order of the ends, milliseconds. */
  readonly latenciesMs: Float64Array;
  /** When each of them ended, milliseconds since 1970. */
  readonly endedAtMs: Float64Array;
  readonly elapsedMs: number;
  /** Responses in wire form, where they were asked for. */
  readonly responses: readonly Uint8Array[];
}

/** What the client process answers. */
export type LoadReply = { readonly result: LoadResult } | { readonly error: string };

/** No load takes that long: whoever waits for it would wait for ever. */
const GIVE_UP_MS = 120_000;

/**
 * A gRPC client in a process of its own, made of HTTP/2 frames: a client of grpc-js would be busier than the server that
 * it measures. It ends with this process, whichever way that ends.
 */
export class LoadClient {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(join(import.meta.dirname, 'load-client-process.ts'), { serialization: 'advanced' });
  }

  /** Makes calls; one load at a time. */
  run(load: Load): Promise<LoadResult> {
    return new Promise((resolve, reject) => {
      const gone = () => reject(new Error('the client process ended'));
      const timer = setTimeout(() => reject(new Error(`${load.path} was not done after ${GIVE_UP_MS} ms`)), GIVE_UP_MS);
      this.#child.once('exit', gone);
      this.#child.once('message', (reply: LoadReply) => {
        clearTimeout(timer);
        this.#child.off('exit', gone);
        if ('error' in reply) reject(new Error(reply.error));
        else resolve(reply.result);
      });
      this.#child.send(load);
    });
  }

  /** Ends the process. */
  stop(): void {
    if (this.#child.connected) this.#child.disconnect();
  }
}
