import { type Metadata, status, type StatusObject } from '@grpc/grpc-js';
import { expect } from 'chai';
import { z } from 'zod';
import { type GetPositionResponse, QueueServiceService } from '../../../../src/generated/frontrow/v1/queue.ts';
import type { CallContext } from '../../../../src/infrastructure/grpc/call-context.ts';
import { compose } from '../../../../src/infrastructure/grpc/chain.ts';
import { errorEdge } from '../../../../src/infrastructure/grpc/interceptors/error-edge.ts';
import { requestId } from '../../../../src/infrastructure/grpc/interceptors/request-id.ts';
import { validation } from '../../../../src/infrastructure/grpc/interceptors/validation.ts';
import { defineService } from '../../../../src/infrastructure/grpc/service.ts';
import { toStatus } from '../../../../src/infrastructure/grpc/to-status.ts';
import { unaryHandler } from '../../../../src/infrastructure/grpc/unary.ts';
import { DomainError } from '../../../../src/shared/domain-error.ts';
import { deferred, FakeUnaryCall, recordingLogger, rule, settle } from './support/fakes.ts';

type Handle = (context: CallContext) => Promise<GetPositionResponse>;

function setUp(handle: Handle) {
  const { methods } = defineService(
    { getPosition: QueueServiceService.getPosition },
    { getPosition: { schema: z.object({}), handle: (_request, context) => handle(context) } },
  );
  const [method] = methods;
  if (method?.responseStream !== false) throw new Error('expected a unary method');
  const failureOf = toStatus({ logger: recordingLogger().logger });
  const chain = compose([errorEdge(failureOf), requestId(() => 'made'), validation()]);
  const call = new FakeUnaryCall();
  const answers: { error: StatusObject | null; response: Buffer | undefined }[] = [];
  const run = unaryHandler(method, rule(), chain);
  return {
    call,
    answers,
    run: () => run(call, (error, response) => answers.push({ error, response })),
  };
}

const sent = (metadata: readonly Metadata[]) => metadata.map((each) => each.getMap());

describe('a unary call', () => {
  it('is answered with the encoded response and the request id', async () => {
    const { run, answers, call } = setUp(async () => ({ place: undefined }));
    await run();
    expect(answers).to.deep.equal([{ error: null, response: Buffer.alloc(0) }]);
    expect(sent(call.sent)).to.deep.equal([{ 'x-request-id': 'made' }]);
  });

  it('that replays an outcome says so in its headers', async () => {
    const { run, call } = setUp(async (context) => {
      context.markReplayed();
      return { place: undefined };
    });
    await run();
    expect(sent(call.sent)).to.deep.equal([{ 'x-request-id': 'made', 'idempotent-replayed': 'true' }]);
  });

  it('that caches may keep says for how long, and which version it is', async () => {
    const { run, call } = setUp(async (context) => {
      context.markCacheable({ maxAgeSeconds: 10, version: '3' });
      return { place: undefined };
    });
    await run();
    expect(sent(call.sent)).to.deep.equal([
      { 'x-request-id': 'made', 'cache-control': 'public, max-age=10', etag: 'W/"3"' },
    ]);
  });

  it('that is refused sends nothing before its status, which has the request id', async () => {
    const { run, answers, call } = setUp(async () => {
      throw new DomainError('REQUEST_IN_PROGRESS', 'Wait.', { retryAfterMs: 100 });
    });
    await run();
    expect(call.sent).to.deep.equal([]);
    expect(answers[0]?.error?.code).to.equal(status.ABORTED);
    expect(answers[0]?.error?.metadata.getMap()).to.include({ 'x-request-id': 'made', 'retry-after': '1' });
  });

  it('whose handler throws at once is answered', async () => {
    const { run, answers } = setUp(() => {
      throw new Error('at once');
    });
    await run();
    expect(answers[0]?.error).to.include({ code: status.INTERNAL, details: 'Internal error.' });
  });

  it('aborts its signal when the caller cancels', async () => {
    const gate = deferred();
    let context: CallContext | undefined;
    const { run, call } = setUp(async (given) => {
      context = given;
      await gate.promise;
      return { place: undefined };
    });
    const running = run();
    await settle();
    expect(context?.signal.aborted).to.equal(false);
    call.cancel();
    expect(context?.signal.reason).to.include({ kind: 'CANCELLED' });
    gate.resolve();
    await running;
  });

  it('aborts its signal when the deadline passes, and says that it was the deadline', async () => {
    let reason: unknown;
    const { run, call } = setUp(async ({ signal }) => {
      call.deadline = Date.now() - 1;
      call.cancel();
      reason = signal.reason;
      return { place: undefined };
    });
    await run();
    expect(reason).to.include({ kind: 'DEADLINE_EXCEEDED' });
  });

  it('is aborted from the start where the caller has already gone', async () => {
    let aborted = false;
    const { run, call } = setUp(async ({ signal }) => {
      aborted = signal.aborted;
      return { place: undefined };
    });
    call.cancelled = true;
    await run();
    expect(aborted).to.equal(true);
  });

  it('does not take the cancel that grpc-js reports after the answer for one', async () => {
    let context: CallContext | undefined;
    const { run, call } = setUp(async (given) => {
      context = given;
      return { place: undefined };
    });
    await run();
    call.cancel();
    expect(context?.signal.aborted).to.equal(false);
  });
});
