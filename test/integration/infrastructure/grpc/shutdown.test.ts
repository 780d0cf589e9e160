import { credentials, makeGenericClientConstructor, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { service as healthService } from 'grpc-health-check';
import { isServerStopping } from '../../../../src/infrastructure/grpc/call-context.ts';
import { detailsOf } from '../../../unit/infrastructure/grpc/support/status-details.ts';
import { getPosition, watchPosition } from './support/calls.ts';
import { answerOf, rawCall, rawConnection } from './support/raw-http2.ts';
import { aborted, headers, heartbeat, startQueueServer, stopQueueServers } from './support/queue-server.ts';

afterEach(stopQueueServers);

describe('a server that stops', () => {
  it('lets a running call finish and tells streams first', async () => {
    const order: string[] = [];
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const { client, server } = await startQueueServer({
      async position() {
        started.resolve();
        await gate.promise;
        order.push('call finished');
        return { place: undefined };
      },
      async *watch(context) {
        yield heartbeat;
        await aborted(context);
        order.push('stream told');
        if (isServerStopping(context.signal))
          yield { event: { $case: 'end', value: { reason: 'STOPPING', reconnectAfter: undefined } } };
      },
    });
    const call = getPosition(client);
    const { first, ended } = watchPosition(client);
    await Promise.all([first, started.promise]);
    const stopped = server.stop(5_000).then(() => order.push('stopped'));
    const stream = await ended;
    expect(stream.error).to.equal(undefined);
    expect(stream.messages.at(-1)?.event?.$case).to.equal('end');
    gate.resolve();
    expect((await call).error).to.equal(null);
    await stopped;
    expect(order).to.deep.equal(['stream told', 'call finished', 'stopped']);
  });

  it('waits for a call whose caller has gone', async () => {
    const gate = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    let finished = false;
    const { client, server } = await startQueueServer({
      async position(context) {
        started.resolve();
        await aborted(context);
        setTimeout(gate.resolve, 150);
        await gate.promise;
        finished = true;
        return { place: undefined };
      },
    });
    const call = client.getPosition({}, headers(), () => undefined);
    await started.promise;
    call.cancel();
    await server.stop(5_000);
    expect(finished).to.equal(true);
  });

  it('cuts off what still runs when the grace has passed', async () => {
    const { client, server } = await startQueueServer(
      {
        position: () => new Promise(() => undefined),
        async *watch() {
          yield heartbeat;
          await new Promise(() => undefined);
        },
      },
      { streamGraceMs: 60_000 },
    );
    const call = getPosition(client);
    const { first, ended } = watchPosition(client);
    await first;
    const start = Date.now();
    await server.stop(200);
    expect(Date.now() - start).to.be.within(150, 5_000);
    expect((await call).error?.code).to.be.oneOf([status.CANCELLED, status.UNAVAILABLE, status.INTERNAL]);
    expect((await ended).error?.code).to.be.oneOf([status.CANCELLED, status.UNAVAILABLE, status.INTERNAL]);
  });

  it('ends a stream that does not end itself with SERVER_STOPPING', async () => {
    const { client, server } = await startQueueServer(
      {
        async *watch() {
          yield heartbeat;
          await new Promise(() => undefined);
        },
      },
      { streamGraceMs: 50 },
    );
    const { first, ended } = watchPosition(client);
    await first;
    const stopped = server.stop(5_000);
    const { error } = await ended;
    expect(error).to.include({ code: status.UNAVAILABLE });
    if (error !== undefined) expect(detailsOf(error)).to.have.nested.property('info.reason', 'SERVER_STOPPING');
    await stopped;
  });

  it('takes no new connection', async () => {
    const { server, connect } = await startQueueServer({});
    await server.stop(1_000);
    const { error } = await getPosition(connect(), headers(), { deadline: Date.now() + 2_000 });
    expect(error).to.include({ code: status.UNAVAILABLE });
  });

  it('may be told so twice', async () => {
    const { server } = await startQueueServer({});
    await Promise.all([server.stop(500), server.stop(500)]);
  });
});

describe('health', () => {
  const Health = makeGenericClientConstructor(healthService, 'grpc.health.v1.Health');

  it('is SERVING from the start, for the server and each service, and NOT_SERVING first of all in a stop', async () => {
    const gate = Promise.withResolvers<void>();
    const { server, address } = await startQueueServer({
      async *watch(context) {
        yield heartbeat;
        await aborted(context);
        await gate.promise;
      },
    });
    const client = new Health(address, credentials.createInsecure());
    const check = (service: string) =>
      new Promise<unknown>((resolve) => {
        client['check']?.({ service }, (error: unknown, response: { status: string }) =>
          resolve(error ?? response.status),
        );
      });
    expect(await check('')).to.equal('SERVING');
    expect(await check('frontrow.v1.QueueService')).to.equal('SERVING');
    expect(await check('frontrow.v1.Other')).to.include({ code: status.NOT_FOUND });
    server.setServing(false);
    expect(await check('')).to.equal('NOT_SERVING');
    server.setServing(true);
    const seen: string[] = [];
    const watch = client['watch']?.({ service: '' });
    const stopping = Promise.withResolvers<void>();
    watch?.on('data', ({ status: now }: { status: string }) => {
      seen.push(now);
      if (seen.length === 1) stopping.resolve();
    });
    watch?.on('error', () => undefined);
    await stopping.promise;
    const stopped = server.stop(1_000);
    server.setServing(true);
    gate.resolve();
    await stopped;
    expect(seen).to.deep.equal(['SERVING', 'NOT_SERVING']);
    client.close();
  });
});

describe('a connection that grows old', () => {
  const options = { maxConnectionAgeMs: 200, maxConnectionAgeGraceMs: 200 };

  it('is asked to go', async () => {
    const { address } = await startQueueServer({}, options);
    const session = rawConnection(address);
    const goaway = new Promise((resolve) => session.once('goaway', resolve));
    await answerOf(rawCall(session, 'GetPosition'));
    expect(await goaway).to.equal(0);
    session.destroy();
  });

  it('is given up by its client without a failed call', async () => {
    const { client } = await startQueueServer({}, options);
    const end = Date.now() + 1_000;
    let calls = 0;
    while (Date.now() < end) {
      expect((await getPosition(client)).error).to.equal(null);
      calls++;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(calls).to.be.greaterThan(5);
  });
});
