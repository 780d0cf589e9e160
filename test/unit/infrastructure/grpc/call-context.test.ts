import { expect } from 'chai';
import { endOf, isServerStopping, requirePlace } from '../../../../src/infrastructure/grpc/call-context.ts';
import { claims, serverCall } from './support/fakes.ts';

describe('a call context', () => {
  it('has its place, or the method has the wrong access rule', () => {
    const call = serverCall();
    expect(() => requirePlace(call)).to.throw('GetPosition asks for a place');
    call.place = claims;
    expect(requirePlace(call)).to.equal(claims);
  });

  it('tells a stop of the server from a cancel', () => {
    const [running, cancelled, stopped] = [serverCall(), serverCall(), serverCall()];
    cancelled.end('CANCELLED');
    stopped.end('SERVER_STOPPING');
    stopped.finish();
    expect([running, cancelled, stopped].map(({ signal }) => endOf(signal))).to.deep.equal([
      undefined,
      'CANCELLED',
      'SERVER_STOPPING',
    ]);
    expect([running, cancelled, stopped].map(({ signal }) => isServerStopping(signal))).to.deep.equal([
      false,
      false,
      true,
    ]);
  });

  it('takes an abort without a reason of ours for a cancel', () => {
    expect(endOf(AbortSignal.abort('why'))).to.equal('CANCELLED');
  });

  it('keeps the first reason', () => {
    const call = serverCall();
    call.end('CANCELLED');
    call.end('DEADLINE_EXCEEDED');
    expect(endOf(call.signal)).to.equal('CANCELLED');
  });
});
