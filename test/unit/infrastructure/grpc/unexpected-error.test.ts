import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { CallEnded } from '../../../../src/infrastructure/grpc/call-context.ts';
import { asFailure } from '../../../../src/infrastructure/grpc/call-failure.ts';
import { toStatus, type ToStatusOptions } from '../../../../src/infrastructure/grpc/to-status.ts';
import { DomainError, storeUnavailable } from '../../../../src/shared/domain-error.ts';
import { recordingLogger, serverCall } from './support/fakes.ts';
import { detailsOf, wire } from './support/status-details.ts';

function setUp(options: Partial<ToStatusOptions> = {}) {
  const log = recordingLogger();
  const failureOf = toStatus({ logger: log.logger, ...options });
  const call = serverCall();
  call.requestId = 'req-1';
  return { ...log, call, answer: (error: unknown) => failureOf(error, call).status, failureOf };
}

describe('an unexpected error', () => {
  const secret = 'correct horse battery staple';

  for (const [what, thrown] of [
    ['an error', new Error(secret)],
    ['an error with a secret cause', new Error('x', { cause: new Error(secret) })],
    ['an error that looks like a status', Object.assign(new Error(secret), { code: 5, details: secret })],
    ['a driver error with a string code', Object.assign(new Error(secret), { code: '23505' })],
    ['a string', secret],
    ['undefined', undefined],
    ['a refusal that calls itself INTERNAL', new DomainError('INTERNAL', secret, { metadata: { secret } })],
  ] as const) {
    it(`is answered INTERNAL with a fixed text and the request id: ${what}`, () => {
      const { answer, lines } = setUp();
      const sent = answer(thrown);
      expect(sent).to.include({ code: status.INTERNAL, details: 'Internal error.' });
      expect(detailsOf(sent).info).to.deep.equal({
        reason: 'INTERNAL',
        domain: 'frontrow.v1',
        metadata: { request_id: 'req-1' },
      });
      expect(wire(sent)).not.to.include(secret);
      expect(lines).to.have.length(1);
      expect(lines[0]).to.include({ level: 50, requestId: 'req-1', rpc: '/frontrow.v1.QueueService/GetPosition' });
    });
  }

  it('is logged once, however often it is asked about', () => {
    const { failureOf, call, lines } = setUp();
    const first = failureOf(new Error('once'), call);
    expect(failureOf(first, call)).to.equal(first);
    expect(lines).to.have.length(1);
  });

  it('is a refusal where a translator knows it', () => {
    const known = new Error('ECONNREFUSED');
    const { answer } = setUp({
      translators: [() => undefined, (error) => (error === known ? storeUnavailable(error) : undefined)],
    });
    expect(answer(known).code).to.equal(status.UNAVAILABLE);
    expect(answer(new Error('other')).code).to.equal(status.INTERNAL);
  });

  it('is answered even if a translator fails', () => {
    const { answer } = setUp({
      translators: [
        () => {
          throw new Error(secret);
        },
      ],
    });
    expect(answer(new Error('x'))).to.include({ code: status.INTERNAL, details: 'Internal error.' });
  });

  it('in answering itself says nothing', () => {
    expect(asFailure(new Error(secret)).status).to.include({ code: status.INTERNAL, details: 'Internal error.' });
  });
});

describe('a call that was aborted', () => {
  const abortError = () => new DOMException('aborted', 'AbortError');

  it('by its caller is CANCELLED and no error', () => {
    const { answer, call, lines } = setUp();
    call.end('CANCELLED');
    expect(answer(call.signal.reason).code).to.equal(status.CANCELLED);
    expect(answer(new Error('query failed', { cause: abortError() })).code).to.equal(status.CANCELLED);
    expect(lines).to.have.length(0);
  });

  it('by its deadline is DEADLINE_EXCEEDED', () => {
    const { answer, call } = setUp();
    call.end('DEADLINE_EXCEEDED');
    expect(answer(abortError()).code).to.equal(status.DEADLINE_EXCEEDED);
  });

  it('by the stop of the server is SERVER_STOPPING', () => {
    expect(detailsOf(setUp().answer(new CallEnded('SERVER_STOPPING'))).info?.reason).to.equal('SERVER_STOPPING');
  });

  it('and then fails for another reason is still an unexpected error', () => {
    const { answer, call } = setUp();
    call.end('CANCELLED');
    expect(answer(new TypeError('x is not a function')).code).to.equal(status.INTERNAL);
  });

  it('by a signal of the handler itself is an unexpected error', () => {
    expect(setUp().answer(abortError()).code).to.equal(status.INTERNAL);
  });
});
