import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { toStatus, type ToStatusOptions } from '../../../../src/infrastructure/grpc/to-status.ts';
import { DomainError, invalidRequest, storeUnavailable } from '../../../../src/shared/domain-error.ts';
import { recordingLogger, serverCall } from './support/fakes.ts';
import { detailsOf, wire } from './support/status-details.ts';

function setUp(options: Partial<ToStatusOptions> = {}) {
  const log = recordingLogger();
  const failureOf = toStatus({ logger: log.logger, ...options });
  const call = serverCall();
  call.requestId = 'req-1';
  return { ...log, call, answer: (error: unknown) => failureOf(error, call).status, failureOf };
}

describe('a refusal', () => {
  it('travels as its status with reason, domain and metadata', () => {
    const answer = setUp().answer(new DomainError('SEAT_TAKEN', 'Taken.', { metadata: { seat_numbers: '7' } }));
    expect(answer).to.include({ code: status.ALREADY_EXISTS, details: 'Taken.' });
    const details = detailsOf(answer);
    expect(details.status).to.include({ code: status.ALREADY_EXISTS, message: 'Taken.' });
    expect(details.info).to.deep.equal({
      reason: 'SEAT_TAKEN',
      domain: 'frontrow.v1',
      metadata: { seat_numbers: '7' },
    });
    expect(details.types).to.deep.equal(['type.googleapis.com/google.rpc.ErrorInfo']);
  });

  it('carries the request id', () => {
    expect(setUp().answer(new DomainError('SEAT_TAKEN', '')).metadata.get('x-request-id')).to.deep.equal(['req-1']);
  });

  for (const [retryAfterMs, header] of [
    [1_500, '2'],
    [1_000, '1'],
    [20, '1'],
    [0, '1'],
    [-5, '1'],
  ] as const) {
    it(`that can be tried again in ${retryAfterMs} ms says so twice`, () => {
      const answer = setUp().answer(new DomainError('REQUEST_IN_PROGRESS', 'Wait.', { retryAfterMs }));
      expect(detailsOf(answer).retryMs).to.equal(Math.max(1, retryAfterMs));
      expect(answer.metadata.get('retry-after')).to.deep.equal([header]);
    });
  }

  it('without a retry time promises no retry', () => {
    const answer = setUp().answer(new DomainError('SEAT_TAKEN', 'Taken.'));
    expect(detailsOf(answer).retryMs).to.equal(undefined);
    expect(answer.metadata.get('retry-after')).to.deep.equal([]);
  });

  it('names every wrong field', () => {
    const answer = setUp().answer(
      invalidRequest([
        { field: 'a', description: 'is wrong' },
        { field: 'b[2]', description: 'too' },
      ]),
    );
    expect(detailsOf(answer).fields).to.deep.equal({ a: 'is wrong', 'b[2]': 'too' });
  });

  it('gets the details of its encoders', () => {
    const detail = { typeUrl: 'type.googleapis.com/frontrow.v1.Place', value: Buffer.from([8, 1]) };
    const { answer } = setUp({
      detailEncoders: [(error) => (error.reason === 'NOT_ADMITTED' ? detail : undefined)],
    });
    expect(detailsOf(answer(new DomainError('NOT_ADMITTED', ''))).status.details[1]).to.deep.equal(detail);
    expect(detailsOf(answer(new DomainError('SEAT_TAKEN', ''))).types).to.have.length(1);
  });

  it('is answered even if an encoder fails', () => {
    const { answer, lines } = setUp({
      detailEncoders: [
        () => {
          throw new Error('bad encoder');
        },
      ],
    });
    expect(answer(new DomainError('NOT_ADMITTED', 'No.')).code).to.equal(status.PERMISSION_DENIED);
    expect(JSON.stringify(lines)).to.include('bad encoder');
  });

  it('tells its cause to the log and not to the caller', () => {
    const { answer, text } = setUp();
    const sent = answer(storeUnavailable(new Error('redis://secret@host')));
    expect(wire(sent)).not.to.include('secret');
    expect(text()).to.include('redis://secret@host').and.include('req-1');
  });

  it('has a message that fits a header', () => {
    const { details } = setUp().answer(new DomainError('SEAT_TAKEN', `a\r\nb\0\ud800${'좌'.repeat(600)}`));
    expect(details).to.match(/^a {2}b \ufffd좌+$/);
    expect(details.length).to.be.at.most(500);
    expect(encodeURI(details)).to.match(/^[ -~]+$/);
  });
});

describe('details that are too long', () => {
  const big = (bytes: number) => ({ typeUrl: 't', value: Buffer.alloc(bytes) });

  it('lose the extra details first', () => {
    const { answer } = setUp({ detailEncoders: [() => big(3_000), () => big(2_000)] });
    const details = detailsOf(answer(new DomainError('SEAT_TAKEN', '', { metadata: { a: 'b' } })));
    expect(details.types).to.deep.equal(['type.googleapis.com/google.rpc.ErrorInfo', 't']);
    expect(details.bytes).to.be.at.most(4_096);
    expect(details.info?.metadata).to.deep.equal({ a: 'b' });
  });

  it('lose the last wrong fields next', () => {
    const violations = Array.from({ length: 20 }, (_, index) => ({
      field: `f${index}`,
      description: '좌'.repeat(300),
    }));
    const details = detailsOf(setUp().answer(invalidRequest(violations)));
    expect(details.bytes).to.be.at.most(4_096);
    expect(Object.keys(details.fields)).to.have.length.within(1, 19);
    expect(details.fields).to.have.property('f0');
  });

  it('lose metadata last and never the reason', () => {
    const metadata = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`key${index}`, 'v'.repeat(1_000)]));
    const details = detailsOf(setUp().answer(new DomainError('SEAT_TAKEN', '', { metadata, retryAfterMs: 10 })));
    expect(details.bytes).to.be.at.most(4_096);
    expect(details.info?.reason).to.equal('SEAT_TAKEN');
    expect(details.info?.metadata['key0']).to.equal('v'.repeat(200));
    expect(details.retryMs).to.equal(10);
  });
});
