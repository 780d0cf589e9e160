import type { Server } from '@grpc/grpc-js';
import type { Chain } from './chain.ts';
import type { MethodRule, MethodRules } from './method-rules.ts';
import { type StreamOptions, streamHandler } from './server-stream.ts';
import type { GrpcService, StreamMethod, UnaryMethod } from './service.ts';
import { unaryHandler } from './unary.ts';

/** What serving a method needs. */
export interface ServingOptions extends StreamOptions {
  readonly rules: MethodRules;
  readonly chain: Chain;
}

const asIs = (bytes: Buffer): Buffer => bytes;

/**
 * Offers a service's methods on a server.
 *
 * @returns the service's name, such as `frontrow.v1.QueueService`
 * @throws Error if a method has no rule
 */
export function registerService(server: Server, service: GrpcService, options: ServingOptions): string {
  const [first, ...others] = service.methods.map((method) => register(server, method, options));
  if (first === undefined) throw new Error('a service has no methods');
  if (others.some((rule) => rule.service !== first.service)) throw new Error(`${first.service} mixes two services`);
  return first.service;
}

function register(server: Server, method: UnaryMethod | StreamMethod, options: ServingOptions): MethodRule {
  const rule = options.rules.get(method.path);
  if (rule === undefined) throw new Error(`${method.path} is not in the descriptor set`);
  const definition = {
    path: method.path,
    requestStream: false,
    responseStream: method.responseStream,
    requestSerialize: asIs,
    requestDeserialize: (bytes: Buffer) => method.decode(bytes),
    // Responses are encoded inside the chain, where an error is answered and logged.
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
  const handler = method.responseStream
    ? streamHandler(method, rule, options.chain, options)
    : unaryHandler(method, rule, options.chain);
  server.addService(Object.fromEntries([[rule.name, definition]]), Object.fromEntries([[rule.name, handler]]));
  return rule;
}
