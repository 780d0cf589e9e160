import { Metadata } from '@grpc/grpc-js';
import { expect } from 'chai';
import { asFailure, CallFailure } from '../../../../../src/infrastructure/grpc/call-failure.ts';
import { compose } from '../../../../../src/infrastructure/grpc/chain.ts';
import { InFlight } from '../../../../../src/infrastructure/grpc/in-flight.ts';
import { accessLog } from '../../../../../src/infrastructure/grpc/interceptors/access-log.ts';
import { errorEdge } from '../../../../../src/infrastructure/grpc/interceptors/error-edge.ts';
import { requestId } from '../../../../../src/infrastructure/grpc/interceptors/request-id.ts';
import { tracking } from '../../../../../src/infrastructure/grpc/interceptors/tracking.ts';
import { validation } from '../../../../../src/infrastructure/grpc/interceptors/validation.ts';
import { toStatus } from '../../../../../src/infrastructure/grpc/to-status.ts';
import { DomainError, type FieldViolation, invalidRequest } from '../../../../../src/shared/domain-error.ts';
import { metadata, recordingLogger, rejection, rule, serverCall } from '../support/fakes.ts';

const done = async () => 'done';

describe('the request id', () => {
  const idOf = async (headers: Record<string, string>) => {
    const call = serverCall({ metadata: metadata(headers) });
    await requestId(() => 'made')(call, done);
    return call.requestId;
  };

  it("is the caller's where it is 1 to 128 visible ASCII characters", async () => {
    expect(await idOf({ 'x-request-id': 'abc-123~!' })).to.equal('abc-123~!');
    expect(await idOf({ 'x-request-id': 'a'.repeat(128) })).to.equal('a'.repeat(128));
  });

  for (const value of ['', ' ', 'a b', 'a'.repeat(129)]) {
    it(`is made where the caller sent ${JSON.stringify(value.slice(0, 5))} of ${value.length}`, async () => {
      expect(await idOf({ 'x-request-id': value })).to.equal('made');
    });
  }

  it('is made where the caller sent none', async () => {
    expect(await idOf({})).to.equal('made');
  });
});

describe('the error edge', () => {
  it('lets a result through and turns anything thrown into a CallFailure', async () => {
    const edge = errorEdge(toStatus({ logger: recordingLogger().logger }));
    expect(await edge(serverCall(), done)).to.equal('done');
    expect(await rejection(edge(serverCall(), () => Promise.reject(new Error('x'))))).to.be.instanceOf(CallFailure);
  });
});

describe('the access log', () => {
  const secret = 'eyJhbGciOi.secret';

  function setUp() {
    const log = recordingLogger();
    let now = 1_000;
    const interceptor = accessLog(log.logger, () => (now += 12.345));
    const call = serverCall({
      metadata: metadata({ 'queue-token': secret, authorization: `Bearer ${secret}`, 'operator-key': secret }),
      message: { accessToken: secret },
    });
    call.requestId = 'req-1';
    return { ...log, interceptor, call };
  }

  it('has one line for a call that succeeded', async () => {
    const { interceptor, call, lines } = setUp();
    await interceptor(call, done);
    expect(lines).to.have.length(0);
    call.finish();
    call.finish();
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include({
      msg: 'call',
      rpc: '/frontrow.v1.QueueService/GetPosition',
      code: 'OK',
      durationMs: 12.3,
      requestId: 'req-1',
    });
  });

  it('has the reason of a refusal', async () => {
    const { interceptor, call, lines } = setUp();
    await interceptor(call, done);
    call.finish(toStatus({ logger: recordingLogger().logger })(new DomainError('SEAT_TAKEN', ''), call));
    expect(lines[0]).to.include({ code: 'ALREADY_EXISTS', reason: 'SEAT_TAKEN', level: 30 });
  });

  it('says what became of a call whose caller went away', async () => {
    const { interceptor, call, lines } = setUp();
    await interceptor(call, async () => call.end('CANCELLED'));
    call.finish();
    expect(lines[0]).to.include({ code: 'CANCELLED', outcome: 'OK' });
  });

  it('shows no credential and no field of the request', async () => {
    const { interceptor, call, text } = setUp();
    await interceptor(call, done);
    call.finish();
    expect(text()).not.to.include(secret);
  });
});

describe('tracking', () => {
  const stream = () => serverCall({ method: rule({ responseStream: true }) });

  it('refuses calls once the server stops, with a time to try again', async () => {
    const inFlight = new InFlight();
    inFlight.stop();
    const error = await rejection(compose([tracking(inFlight)])(serverCall(), done));
    expect(error).to.include({ reason: 'SERVER_STOPPING' }).and.to.have.property('retryAfterMs').above(0);
  });

  it('tells streams that the server stops, and lets other calls go on', () => {
    const inFlight = new InFlight();
    const [unary, watch] = [serverCall(), stream()];
    for (const call of [unary, watch]) inFlight.add(call);
    inFlight.stop();
    expect(unary.signal.aborted).to.equal(false);
    expect(watch.signal.reason).to.include({ kind: 'SERVER_STOPPING' });
    watch.finish();
  });

  it('is idle when the last call has ended, also by an error', async () => {
    const inFlight = new InFlight();
    await inFlight.idle();
    const calls = [serverCall(), serverCall()];
    for (const call of calls) inFlight.add(call);
    let idle = false;
    const waiting = inFlight.idle().then(() => (idle = true));
    calls[0]?.finish();
    await Promise.resolve();
    expect([idle, inFlight.size]).to.deep.equal([false, 1]);
    calls[1]?.finish(asFailure(new Error('x')));
    await waiting;
    expect(inFlight.size).to.equal(0);
  });
});

describe('validation', () => {
  async function keyOf(value: string | undefined): Promise<unknown> {
    const found: FieldViolation[][] = [];
    const call = serverCall({
      metadata: value === undefined ? new Metadata() : metadata({ 'idempotency-key': value }),
      validate: (violations) => {
        found.push([...violations]);
        if (violations.length > 0) throw invalidRequest(violations);
      },
    });
    try {
      await validation()(call, done);
    } catch (error) {
      expect(error).to.include({ reason: 'INVALID_REQUEST' });
      return found.flat().map(({ field }) => field);
    }
    return call.idempotencyKey;
  }

  it('reads an idempotency key, bare or in quotes', async () => {
    expect(await keyOf('abc')).to.equal('abc');
    expect(await keyOf('"abc"')).to.equal('abc');
    expect(await keyOf('a'.repeat(255))).to.equal('a'.repeat(255));
    expect(await keyOf(`"${'a'.repeat(255)}"`)).to.equal('a'.repeat(255));
    expect(await keyOf(undefined)).to.equal(undefined);
  });

  for (const value of ['', 'a b', '""', 'a'.repeat(256), '"a b"', 'one, two']) {
    it(`names idempotency-key as wrong: ${value.slice(0, 10)}`, async () => {
      expect(await keyOf(value)).to.deep.equal(['idempotency-key']);
    });
  }

  it('comes before the handler', async () => {
    const call = serverCall({
      validate() {
        throw invalidRequest([{ field: 'a', description: 'b' }]);
      },
    });
    let ran = false;
    const checked = compose([validation()]);
    const refused = checked(call, async () => (ran = true));
    expect(await rejection(refused)).to.include({ reason: 'INVALID_REQUEST' });
    expect(ran).to.equal(false);
  });
});
