import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { DomainError } from '../../../../src/shared/domain-error.ts';
import { detailsOf } from '../../../unit/infrastructure/grpc/support/status-details.ts';
import { getPosition, watchPosition } from './support/calls.ts';
import { aborted, headers, startQueueServer, stopQueueServers } from './support/queue-server.ts';

afterEach(stopQueueServers);

describe('a gRPC server', () => {
  it('answers a unary call, with the request id in the headers', async () => {
    const { client, log } = await startQueueServer({
      position: async (context) => {
        context.markReplayed();
        return { place: undefined };
      },
    });
    const { error, response, initial } = await getPosition(client, headers({ 'x-request-id': 'my-id' }));
    expect(error).to.equal(null);
    expect(response).to.deep.equal({ place: undefined });
    expect(initial?.getMap()).to.include({ 'x-request-id': 'my-id', 'idempotent-replayed': 'true' });
    expect(log.filter(({ msg }) => msg === 'call')).to.have.length(1);
  });

  it('refuses with details', async () => {
    const { client } = await startQueueServer({
      position: async () => {
        throw new DomainError('STORE_UNAVAILABLE', '매진 직전', { retryAfterMs: 1_500 });
      },
    });
    const { error } = await getPosition(client);
    expect(error).to.include({ code: status.UNAVAILABLE, details: '매진 직전' });
    if (error === null) return;
    expect(detailsOf(error)).to.deep.include({ retryMs: 1_500 });
    expect(error.metadata.get('retry-after')).to.deep.equal(['2']);
  });

  it('answers an asynchronous rejection, and tells nothing about it', async () => {
    const { client, log } = await startQueueServer({
      position: () => Promise.reject(Object.assign(new Error('select secret from wallet'), { code: '23505' })),
    });
    const { error } = await getPosition(client, headers({ 'x-request-id': 'find-me' }));
    expect(error).to.include({ code: status.INTERNAL, details: 'Internal error.' });
    expect(JSON.stringify(error?.metadata.toHttp2Headers())).not.to.include('secret');
    const line = log.find(({ msg }) => msg === 'unexpected error');
    expect(JSON.stringify(line)).to.include('find-me').and.include('select secret');
  });

  it('answers INTERNAL and logs it where a response cannot be encoded', async () => {
    const { client, log } = await startQueueServer({
      position: async () => JSON.parse('{"place":{"concertId":7}}') as { place: undefined },
    });
    expect((await getPosition(client)).error).to.include({ code: status.INTERNAL, details: 'Internal error.' });
    expect(log.some(({ msg }) => msg === 'unexpected error')).to.equal(true);
  });

  it('refuses a caller without a token', async () => {
    const { client } = await startQueueServer({});
    const sent = headers();
    sent.remove('queue-token');
    expect((await getPosition(client, sent)).error).to.include({ code: status.UNAUTHENTICATED });
    const { error } = await watchPosition(client, sent).ended;
    expect(error).to.include({ code: status.UNAUTHENTICATED });
  });

  it('refuses bytes that are no message as INVALID_REQUEST', async () => {
    const { client } = await startQueueServer({});
    const broken = (value: unknown) => Buffer.from(value as Uint8Array);
    const error = await new Promise<unknown>((resolve) => {
      client.makeUnaryRequest(
        '/frontrow.v1.QueueService/GetPosition',
        broken,
        (bytes) => bytes,
        Buffer.from([0xff, 0xff, 0xff]),
        headers(),
        resolve,
      );
    });
    expect(error).to.include({ code: status.INVALID_ARGUMENT });
  });

  it('refuses requests of more than 256 KiB', async () => {
    const { client } = await startQueueServer({});
    const error = await new Promise<unknown>((resolve) => {
      const bytes = Buffer.alloc(256 * 1_024 + 1);
      client.makeUnaryRequest(
        '/frontrow.v1.QueueService/GetPosition',
        (value: Buffer) => value,
        (value) => value,
        bytes,
        headers(),
        resolve,
      );
    });
    expect(error).to.include({ code: status.RESOURCE_EXHAUSTED });
  });

  it('tells the handler when the caller cancels', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const started = Promise.withResolvers<void>();
    const { client } = await startQueueServer({
      async position(context) {
        started.resolve();
        await aborted(context);
        resolve(context.signal.reason);
        return { place: undefined };
      },
    });
    const call = client.getPosition({}, headers(), () => undefined);
    await started.promise;
    call.cancel();
    expect(await promise).to.include({ kind: 'CANCELLED' });
  });

  it('tells the handler when the deadline passes', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    const { client, log } = await startQueueServer({
      async position(context) {
        await aborted(context);
        resolve(context.signal.reason);
        context.signal.throwIfAborted();
        return { place: undefined };
      },
    });
    const { error } = await getPosition(client, headers(), { deadline: Date.now() + 200 });
    expect(error).to.include({ code: status.DEADLINE_EXCEEDED });
    // The client's own timer and the server's race: either end may see the deadline first.
    expect(await promise)
      .to.have.property('kind')
      .that.is.oneOf(['DEADLINE_EXCEEDED', 'CANCELLED']);
    expect(log.some(({ msg }) => msg === 'unexpected error')).to.equal(false);
  });
});
