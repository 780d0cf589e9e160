import { expect } from 'chai';
import { storeGuard } from '../../../../../src/infrastructure/grpc/interceptors/store-guard.ts';
import type { MethodRule } from '../../../../../src/infrastructure/grpc/method-rules.ts';
import { deferred, recordingLogger, rejection, rule, serverCall, settle } from '../support/fakes.ts';

function setUp(responseStream = false) {
  const failure = new AbortController();
  const asked: MethodRule[] = [];
  const log = recordingLogger();
  const guard = {
    failure(method: MethodRule) {
      asked.push(method);
      return failure.signal;
    },
  };
  const call = serverCall({ method: rule({ responseStream }) });
  return { ...log, failure, asked, call, interceptor: storeGuard(guard, log.logger) };
}

describe('the store guard', () => {
  it('lets results and errors through while the stores answer', async () => {
    const { interceptor, call, asked } = setUp();
    expect(await interceptor(call, async () => 'done')).to.equal('done');
    const error = new Error('own');
    expect(await rejection(interceptor(call, () => Promise.reject(error)))).to.equal(error);
    expect(asked).to.deep.equal([call.method, call.method]);
  });

  it('ends a running call at once when a store goes', async () => {
    const { interceptor, call, failure } = setUp();
    const refused = rejection(interceptor(call, () => deferred().promise));
    failure.abort(new Error('redis does not answer'));
    const error = await refused;
    expect(error).to.include({ reason: 'STORE_UNAVAILABLE' });
    expect(error).to.have.property('cause').with.property('message', 'redis does not answer');
  });

  it('ends a running call whatever the signal gives as its reason', async () => {
    const { interceptor, call, failure } = setUp();
    const refused = rejection(interceptor(call, () => deferred().promise));
    failure.abort('gone');
    expect(await refused).to.include({ reason: 'STORE_UNAVAILABLE' });
  });

  it('does not start a call while a store is gone', async () => {
    for (const responseStream of [false, true]) {
      const { interceptor, call, failure } = setUp(responseStream);
      failure.abort();
      let ran = false;
      const refused = interceptor(call, async () => {
        ran = true;
      });
      expect(await rejection(refused)).to.include({ reason: 'STORE_UNAVAILABLE' });
      expect(ran).to.equal(false);
    }
  });

  it('leaves a running stream to its handler', async () => {
    const { interceptor, call, failure } = setUp(true);
    const gate = deferred<string>();
    const running = interceptor(call, () => gate.promise);
    failure.abort();
    gate.resolve('end');
    expect(await running).to.equal('end');
  });

  it('logs what an abandoned call comes to, and loses no rejection', async () => {
    for (const [end, late] of [
      [(gate: ReturnType<typeof deferred>) => gate.resolve(undefined), 'fulfilled'],
      [(gate: ReturnType<typeof deferred>) => gate.reject(new Error('much later')), 'rejected'],
    ] as const) {
      const { interceptor, call, failure, lines } = setUp();
      const gate = deferred();
      const refused = rejection(interceptor(call, () => gate.promise));
      failure.abort();
      await refused;
      end(gate);
      await settle();
      expect(lines).to.have.length(1);
      expect(lines[0]).to.include({ level: 20, late });
    }
  });
});
