import { z } from 'zod';
import { QueueServiceService, WatchPositionResponse } from '../../../../../src/generated/frontrow/v1/queue.ts';
import type { CallContext } from '../../../../../src/infrastructure/grpc/call-context.ts';
import { compose } from '../../../../../src/infrastructure/grpc/chain.ts';
import { InFlight } from '../../../../../src/infrastructure/grpc/in-flight.ts';
import { errorEdge } from '../../../../../src/infrastructure/grpc/interceptors/error-edge.ts';
import type { Interceptor } from '../../../../../src/infrastructure/grpc/interceptors/interceptor.ts';
import { requestId } from '../../../../../src/infrastructure/grpc/interceptors/request-id.ts';
import { tracking } from '../../../../../src/infrastructure/grpc/interceptors/tracking.ts';
import { validation } from '../../../../../src/infrastructure/grpc/interceptors/validation.ts';
import { streamHandler } from '../../../../../src/infrastructure/grpc/server-stream.ts';
import { defineService } from '../../../../../src/infrastructure/grpc/service.ts';
import { toStatus } from '../../../../../src/infrastructure/grpc/to-status.ts';
import { IteratedMessages } from '../../../../support/messages.ts';
import { deferred, FakeStreamCall, recordingLogger, rule, settle } from './fakes.ts';

/** How long the streams of these tests may take to end. */
export const GRACE_MS = 1_000;

/** A stream with this handler behind the part of the chain that streams depend on. */
export function setUp(handle: (context: CallContext) => AsyncIterable<WatchPositionResponse>) {
  const { methods } = defineService(
    { watchPosition: QueueServiceService.watchPosition },
    {
      watchPosition: {
        schema: z.object({ accessToken: z.string() }),
        handle: (_request, context) => new IteratedMessages(handle(context)),
      },
    },
  );
  const [method] = methods;
  if (method?.responseStream !== true) throw new Error('expected a stream method');
  const log = recordingLogger();
  const inFlight = new InFlight();
  const failureOf = toStatus({ logger: recordingLogger().logger });
  const finished = Promise.withResolvers<void>();
  const waiting: Interceptor = (opened, next) => {
    opened.whenFinished(() => finished.resolve());
    return next();
  };
  const chain = compose([errorEdge(failureOf), requestId(() => 'made'), waiting, tracking(inFlight), validation()]);
  const call = new FakeStreamCall({ accessToken: '' });
  const run = streamHandler(method, rule({ responseStream: true }), chain, { graceMs: GRACE_MS, failureOf });
  const runToEnd = async (): Promise<void> => {
    await run(call);
    await finished.promise;
  };
  return { ...log, call, inFlight, run: runToEnd };
}

/** A message that can be told from others. */
export function heartbeat(second: number): WatchPositionResponse {
  return { event: { $case: 'heartbeat', value: { at: new Date(second * 1_000) } } };
}

/** Which heartbeats were written. */
export function seconds(written: readonly Buffer[]): number[] {
  return written.map((bytes) => {
    const { event } = WatchPositionResponse.decode(bytes);
    return event?.$case === 'heartbeat' ? (event.value.at?.getTime() ?? Number.NaN) / 1_000 : Number.NaN;
  });
}

/** Gives heartbeats as they are pushed, does not look at any signal, and counts how often it was closed. */
export function source() {
  const queue: (() => WatchPositionResponse)[] = [];
  let wake = deferred();
  const state = { closed: 0, finished: false };
  async function* iterate() {
    try {
      for (;;) {
        while (queue.length > 0) yield queue.shift()?.() ?? heartbeat(0);
        if (state.finished) return;
        await wake.promise;
        wake = deferred();
      }
    } finally {
      state.closed++;
    }
  }
  const push = async (...steps: (() => WatchPositionResponse)[]) => {
    queue.push(...steps);
    wake.resolve();
    await settle();
  };
  return { state, iterate, push };
}
