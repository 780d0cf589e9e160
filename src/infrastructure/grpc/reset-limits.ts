import type { Server } from '@grpc/grpc-js';

/** How many streams of one connection clients may reset. */
export interface ResetLimits {
  /** At once, after a quiet time. */
  readonly streamResetBurst: number;
  /** Per second, after that. */
  readonly streamResetRate: number;
}

/**
 * Raises the limits beyond which Node closes a whole connection as an attack. They are options of node:http2 that
 * grpc-js does not hand through (https://github.com/grpc/grpc-node/issues/2872), so its private field is used; an
 * integration test proves that it still works.
 *
 * @param server that is not bound yet
 * @throws Error if grpc-js has no such field any more
 */
export function raiseResetLimits(server: Server, limits: ResetLimits): void {
  const options: unknown = Reflect.get(server, 'commonServerOptions');
  if (typeof options !== 'object' || options === null) throw new Error('grpc-js has no commonServerOptions any more');
  Object.assign(options, limits);
}
