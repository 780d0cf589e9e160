import type { z } from 'zod';
import type { FieldViolation } from '../../shared/domain-error.ts';
import type { CallContext } from './call-context.ts';
import { checked } from './checked.ts';
import type { MessageSource } from './message-source.ts';
import { SharedMessage } from './shared-message.ts';

/**
 * The part of a ts-proto method definition that is used here. Method syntax on purpose: it lets a definition of one
 * message type stand for this one, which knows no message type.
 */
export interface MethodDefinition {
  readonly path: string;
  readonly requestStream: false;
  readonly responseStream: boolean;
  requestDeserialize(bytes: Buffer): unknown;
  responseSerialize(message: unknown): Buffer;
}

/** A ts-proto service definition, such as QueueServiceService. */
export type ServiceDefinition = Readonly<Record<string, MethodDefinition>>;

type RequestOf<M extends MethodDefinition> = ReturnType<M['requestDeserialize']>;
type ResponseOf<M extends MethodDefinition> = Parameters<M['responseSerialize']>[0];

/** What a handler returns: one response, or a stream of them. */
type Answer<M extends MethodDefinition> = M['responseStream'] extends true
  ? MessageSource<ResponseOf<M> | SharedMessage<ResponseOf<M>>>
  : Promise<ResponseOf<M>>;

/** One request schema for each method. */
type Schemas<D> = { [M in keyof D]: z.ZodType };

/** The routes of a service: each method has the schema of its request and a handler, which gets the schema's output. */
export type Routes<D extends ServiceDefinition, S extends Schemas<D>> = {
  readonly [M in keyof S]: {
    readonly schema: S[M];
    handle(request: z.output<S[M]>, context: CallContext): M extends keyof D ? Answer<D[M]> : never;
  };
};

/** Whether a schema takes the request's message and has a rule for each of its fields. An empty one has string keys. */
type Fits<Request, Input> = string extends keyof Input
  ? [keyof Request] extends [never]
    ? true
    : false
  : [keyof Request] extends [keyof Input]
    ? Request extends Input
      ? true
      : false
    : false;

/** Keeps a service from compiling where a schema does not fit its request. */
type Fitting<D extends ServiceDefinition, S extends Schemas<D>> = {
  readonly [M in keyof D]: {
    readonly schema: Fits<RequestOf<D[M]>, z.input<S[M]>> extends true
      ? z.ZodType
      : 'the schema must have a rule for every field of the request';
  };
};

/** What every method of a service has, whatever it answers. */
interface BoundMethodBase<Run> {
  /** `/frontrow.v1.QueueService/IssueToken` */
  readonly path: string;
  /** The request's message, or MALFORMED where the bytes are none. Never throws. */
  decode(bytes: Buffer): unknown;
  /**
   * Checks a request and readies its handler.
   *
   * @param message what decode returned
   * @param found what is already known to be wrong, reported together with the request's own violations
   * @throws INVALID_REQUEST naming every wrong field
   */
  prepare(message: unknown, found: readonly FieldViolation[]): (context: CallContext) => Run;
}

/** A method that answers once, its response in wire form. */
export interface UnaryMethod extends BoundMethodBase<Promise<Buffer>> {
  readonly responseStream: false;
}

/** A method that answers with a stream of responses. */
export interface StreamMethod extends BoundMethodBase<MessageSource<unknown>> {
  readonly responseStream: true;
  /** A response in wire form. */
  encode(response: unknown): Buffer;
}

/** A service that the server can offer. */
export interface GrpcService {
  readonly methods: readonly (UnaryMethod | StreamMethod)[];
}

/** What decode gives for bytes that are not a message of the method. */
export const MALFORMED = Symbol('malformed request');

/**
 * Ties a service definition to its handlers. A method without a route, a schema that leaves a field of the request
 * without a rule, and a handler of the wrong type do not compile.
 *
 * @param definition made by ts-proto, such as QueueServiceService
 * @param routes per method the schema of its request and the handler
 */
export function defineService<D extends ServiceDefinition, S extends Schemas<D>>(
  definition: D,
  routes: Routes<D, S> & Fitting<D, S>,
): GrpcService {
  const byName: Readonly<Record<string, ErasedRoute | undefined>> = routes;
  const methods = Object.entries(definition).map(([name, method]) => {
    const route = byName[name];
    if (route === undefined) throw new Error(`${method.path} has no route`);
    return method.responseStream ? bindStream(method, route) : bindUnary(method, route);
  });
  return { methods };
}

/** A route without its message types, which only the compiler needed. */
interface ErasedRoute {
  readonly schema: z.ZodType;
  handle(request: unknown, context: CallContext): unknown;
}

function bindUnary(method: MethodDefinition, route: ErasedRoute): UnaryMethod {
  return {
    path: method.path,
    responseStream: false,
    decode: (bytes) => decode(method, bytes),
    prepare(message, found) {
      const request = checked(route.schema, message, found);
      // Encoding is part of the call, so that a response that cannot be encoded is an error like any other.
      return async (context) => method.responseSerialize(await route.handle(request, context));
    },
  };
}

function bindStream(method: MethodDefinition, route: ErasedRoute): StreamMethod {
  return {
    path: method.path,
    responseStream: true,
    decode: (bytes) => decode(method, bytes),
    prepare(message, found) {
      const request = checked(route.schema, message, found);
      return (context) => {
        const responses = route.handle(request, context);
        if (!isMessageSource(responses)) throw new Error(`${method.path} must answer with a source of messages`);
        return responses;
      };
    },
    encode: (response) =>
      response instanceof SharedMessage
        ? response.bytes((message) => method.responseSerialize(message))
        : method.responseSerialize(response),
  };
}

function isMessageSource(value: unknown): value is MessageSource<unknown> {
  return typeof value === 'object' && value !== null && 'take' in value;
}

function decode(method: MethodDefinition, bytes: Buffer): unknown {
  try {
    return method.requestDeserialize(bytes);
  } catch {
    // Left to grpc-js, a caller's broken message would be answered INTERNAL and count against this instance in a
    // load balancer.
    return MALFORMED;
  }
}
