import type { Metadata, StatusObject } from '@grpc/grpc-js';
import type { CallContext } from './call-context.ts';
import { asFailure } from './call-failure.ts';
import { type Departing, endWhenCallerGoes } from './caller-gone.ts';
import type { Chain } from './chain.ts';
import type { MethodRule } from './method-rules.ts';
import { ServerCall } from './server-call.ts';
import type { UnaryMethod } from './service.ts';

/** The part of a grpc-js unary call that is used here. */
export interface UnaryCall extends Departing {
  readonly metadata: Metadata;
  readonly request: unknown;
  sendMetadata(metadata: Metadata): void;
}

/** Sends the answer: an error's status, or null and the encoded response. */
export type Respond = (error: StatusObject | null, response?: Buffer) => void;

/**
 * The grpc-js handler of a unary method. grpc-js does not wait for it; the promise is for tests and never rejects.
 *
 * @param method with its route
 * @param rule of the method
 * @param chain that the call goes through
 */
export function unaryHandler(method: UnaryMethod, rule: MethodRule, chain: Chain) {
  return async (grpcCall: UnaryCall, respond: Respond): Promise<void> => {
    let handle: ((context: CallContext) => Promise<Buffer>) | undefined;
    const call = new ServerCall({
      method: rule,
      metadata: grpcCall.metadata,
      message: grpcCall.request,
      validate(found) {
        handle = method.prepare(grpcCall.request, found);
      },
    });
    endWhenCallerGoes(grpcCall, call);
    try {
      // No async function: a promise around the handler's own would make each answer wait for three more turns of the queue.
      const response = await chain(call, () => {
        if (handle === undefined) throw new Error(`${rule.path} was not validated`);
        return handle(call);
      });
      call.finish();
      grpcCall.sendMetadata(call.initialMetadata());
      respond(null, response);
    } catch (error) {
      const failure = asFailure(error);
      call.finish(failure);
      respond(failure.status);
    }
  };
}
