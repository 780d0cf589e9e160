import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import type { WatchPositionResponse } from '../../../../src/generated/frontrow/v1/queue.ts';
import type { CallContext } from '../../../../src/infrastructure/grpc/call-context.ts';
import { DomainError } from '../../../../src/shared/domain-error.ts';
import { settle } from './support/fakes.ts';
import { heartbeat, seconds, setUp, source } from './support/stream.ts';

describe('a stream', () => {
  it('is written in order and ended', async () => {
    const { run, call } = setUp(async function* () {
      yield heartbeat(1);
      yield heartbeat(2);
    });
    await run();
    expect(seconds(call.written)).to.deep.equal([1, 2]);
    expect(call.ended).to.equal(true);
    expect(call.sent.map((sent) => sent.getMap())).to.deep.equal([{ 'x-request-id': 'made' }]);
  });

  it('keeps no header of its caller', async () => {
    const { iterate, push } = source();
    const { run, call } = setUp(() => iterate());
    call.metadata.set('queue-token', 'secret');
    call.metadata.set('x-request-id', 'mine');
    const running = run();
    await push(() => heartbeat(1));
    expect(call.metadata.getMap()).to.deep.equal({});
    expect(call.sent.map((sent) => sent.getMap())).to.deep.equal([{ 'x-request-id': 'mine' }]);
    call.cancel();
    await running;
  });

  it('that is refused sends nothing before its status', async () => {
    const { run, call } = setUp(() => {
      throw new DomainError('NOT_ADMITTED', 'No.', { retryAfterMs: 1 });
    });
    await run();
    expect(call.sent).to.deep.equal([]);
    expect(call.written).to.deep.equal([]);
    expect(call.status).to.include({ code: status.PERMISSION_DENIED });
    expect(call.status?.metadata.getMap()).to.include({ 'x-request-id': 'made', 'retry-after': '1' });
  });

  it('that fails before its first message sends nothing before its status', async () => {
    // eslint-disable-next-line require-yield
    const { run, call } = setUp(async function* () {
      throw new DomainError('TOKEN_CONCERT_MISMATCH', 'No.');
    });
    await run();
    expect(call.sent).to.deep.equal([]);
    expect(call.status).to.include({ code: status.PERMISSION_DENIED });
  });

  it('that fails after a message is ended with a status', async () => {
    const { run, call } = setUp(async function* () {
      yield heartbeat(1);
      throw new Error('secret');
    });
    await run();
    expect(call.written).to.have.length(1);
    expect(call.status).to.include({ code: status.INTERNAL, details: 'Internal error.' });
  });

  it('that fails to encode a message is closed and ended with a status', async () => {
    const { state, iterate, push } = source();
    const { run, call } = setUp(() => iterate());
    const running = run();
    await push(() => JSON.parse('{"event":{"$case":"end","value":{"reason":7}}}') as WatchPositionResponse);
    await running;
    expect(state.closed).to.equal(1);
    expect(call.status?.code).to.equal(status.INTERNAL);
  });

  it('waits while its caller reads slower than it writes', async () => {
    const { iterate, push } = source();
    const { run, call } = setUp(() => iterate());
    call.room = 2;
    const running = run();
    await push(...[1, 2, 3, 4].map((second) => () => heartbeat(second)));
    expect(seconds(call.written)).to.deep.equal([1, 2]);
    call.drain(4);
    await settle();
    expect(seconds(call.written)).to.deep.equal([1, 2, 3, 4]);
    call.cancel();
    await push(() => heartbeat(5));
    await running;
  });

  it('stops waiting for a slow caller who goes away', async () => {
    const { state, iterate, push } = source();
    const { run, call } = setUp(() => iterate());
    call.room = 1;
    const running = run();
    await push(() => heartbeat(1));
    call.cancel();
    await running;
    expect(state.closed).to.equal(1);
    expect(call.status).to.equal(undefined);
  });

  it('is closed when its caller goes away, and writes no more', async () => {
    let context: CallContext | undefined;
    let closed = false;
    const { run, call } = setUp(async function* (given) {
      context = given;
      try {
        yield heartbeat(1);
        await new Promise((_resolve, reject) =>
          given.signal.addEventListener('abort', () => reject(new Error('woken'))),
        );
        yield heartbeat(2);
      } finally {
        closed = true;
      }
    });
    const running = run();
    await settle();
    call.cancel();
    await running;
    await settle();
    expect(closed).to.equal(true);
    expect(context?.signal.reason).to.include({ kind: 'CANCELLED' });
    expect(seconds(call.written)).to.deep.equal([1]);
    expect(call.ended).to.equal(false);
  });
});
