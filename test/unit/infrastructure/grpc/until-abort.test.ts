import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { untilAbort } from '../../../../src/infrastructure/grpc/until-abort.ts';
import { deferred, rejection, settle } from './support/fakes.ts';

function setUp() {
  const controller = new AbortController();
  const late: unknown[] = [];
  const gate = deferred<string>();
  const waiting = untilAbort(gate.promise, controller.signal, (outcome) => late.push(outcome));
  return { controller, late, gate, waiting, listeners: () => getEventListeners(controller.signal, 'abort').length };
}

describe('waiting until an abort', () => {
  it('gives what the promise gives, and an abort after it is nothing to it', async () => {
    const { controller, gate, waiting, late } = setUp();
    gate.resolve('done');
    expect(await waiting).to.equal('done');
    controller.abort();
    expect(late).to.deep.equal([]);
  });

  it('fails as the promise fails, and an abort after it is nothing to it', async () => {
    const { controller, gate, waiting, late } = setUp();
    const error = new Error('x');
    gate.reject(error);
    expect(await rejection(waiting)).to.equal(error);
    controller.abort();
    expect(late).to.deep.equal([]);
  });

  it('puts one listener on a signal, however many wait, and each of them hears of the abort', async () => {
    const { controller, waiting, listeners } = setUp();
    const other = untilAbort(deferred().promise, controller.signal, () => undefined);
    expect(listeners()).to.equal(1);
    const reason = new Error('gone');
    controller.abort(reason);
    expect([await rejection(waiting), await rejection(other)]).to.deep.equal([reason, reason]);
  });

  it('fails with the reason of the abort, and tells what the promise comes to later', async () => {
    const { controller, gate, waiting, late } = setUp();
    const reason = new Error('gone');
    controller.abort(reason);
    expect(await rejection(waiting)).to.equal(reason);
    gate.resolve('late');
    await settle();
    expect(late).to.deep.equal([{ status: 'fulfilled', value: 'late' }]);
  });

  it('loses no late rejection', async () => {
    const { controller, gate, waiting, late } = setUp();
    controller.abort();
    await rejection(waiting);
    gate.reject('late');
    await settle();
    expect(late).to.deep.equal([{ status: 'rejected', reason: 'late' }]);
  });

  it('fails at once where the abort came before', async () => {
    const reason = new Error('before');
    const waiting = untilAbort(deferred().promise, AbortSignal.abort(reason), () => undefined);
    expect(await rejection(waiting)).to.equal(reason);
  });
});
