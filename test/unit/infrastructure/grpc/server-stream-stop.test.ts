import { expect } from 'chai';
import sinon from 'sinon';
import { isServerStopping } from '../../../../src/infrastructure/grpc/call-context.ts';
import { settle } from './support/fakes.ts';
import { detailsOf } from './support/status-details.ts';
import { GRACE_MS, heartbeat, seconds, setUp, source } from './support/stream.ts';

describe('a stream of a server that stops', () => {
  it('can write its last message', async () => {
    const { run, call, inFlight } = setUp(async function* ({ signal }) {
      yield heartbeat(1);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      if (isServerStopping(signal)) yield heartbeat(99);
    });
    const running = run();
    await settle();
    inFlight.stop();
    await running;
    expect(seconds(call.written)).to.deep.equal([1, 99]);
    expect(call.ended).to.equal(true);
  });

  it('is ended with a status where its handler throws the reason of its signal', async () => {
    const { run, call, inFlight } = setUp(async function* ({ signal }) {
      yield heartbeat(1);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      signal.throwIfAborted();
    });
    const running = run();
    await settle();
    inFlight.stop();
    await running;
    expect(call.status && detailsOf(call.status).info?.reason).to.equal('SERVER_STOPPING');
  });

  it('is ended with a status when its handler takes longer than the grace', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { iterate, push, state } = source();
    const { run, call, inFlight } = setUp(() => iterate());
    const running = run();
    await push(() => heartbeat(1));
    inFlight.stop();
    clock.tick(GRACE_MS - 1);
    await push(() => heartbeat(2));
    expect(seconds(call.written)).to.deep.equal([1, 2]);
    clock.tick(1);
    await settle();
    clock.tick(GRACE_MS);
    await running;
    expect(call.status && detailsOf(call.status).info?.reason).to.equal('SERVER_STOPPING');
    expect(state.closed).to.equal(0);
  });

  it('ends at once where its caller goes away meanwhile', async () => {
    const { state, iterate, push } = source();
    const { run, call, inFlight } = setUp(() => iterate());
    call.room = 1;
    const running = run();
    await push(() => heartbeat(1));
    inFlight.stop();
    call.cancel();
    await running;
    expect(state.closed).to.equal(1);
    expect(call.status).to.equal(undefined);
  });
});
