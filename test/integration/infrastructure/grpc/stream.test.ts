import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { watchPosition } from './support/calls.ts';
import { aborted, heartbeat, startQueueServer, stopQueueServers } from './support/queue-server.ts';

afterEach(stopQueueServers);

describe('a stream of a gRPC server', () => {
  it('gives its messages and ends', async () => {
    const { client } = await startQueueServer({
      async *watch() {
        yield heartbeat;
        yield heartbeat;
      },
    });
    const { error, messages } = await watchPosition(client).ended;
    expect([error, messages.length]).to.deep.equal([undefined, 2]);
  });

  it('that fails after a message ends with a status', async () => {
    const { client } = await startQueueServer({
      async *watch() {
        yield heartbeat;
        throw new Error('secret');
      },
    });
    const { error, messages } = await watchPosition(client).ended;
    expect(messages).to.have.length(1);
    expect(error).to.include({ code: status.INTERNAL, details: 'Internal error.' });
  });

  it('is closed when its caller cancels', async () => {
    const closed = Promise.withResolvers<void>();
    const { client } = await startQueueServer({
      async *watch(context) {
        try {
          yield heartbeat;
          await aborted(context);
        } finally {
          closed.resolve();
        }
      },
    });
    const { call, first, ended } = watchPosition(client);
    await first;
    call.cancel();
    expect((await ended).error).to.include({ code: status.CANCELLED });
    await closed.promise;
  });

  it('does not run ahead of a caller who does not read', async () => {
    let written = 0;
    const { client } = await startQueueServer({
      async *watch() {
        for (;;) {
          written++;
          yield { event: { $case: 'place', value: bigPlace } };
        }
      },
    });
    const { call, first, ended } = watchPosition(client);
    await first;
    call.pause();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    // What fits the windows and buffers on the way, at 64 KiB each; without waiting it would be thousands.
    expect(written).to.be.lessThan(200);
    call.cancel();
    call.resume();
    await ended;
  });
});

const bigPlace = {
  concertId: 'x'.repeat(64 * 1_024),
  userId: '',
  number: 1,
  state: 'WAITING' as const,
  position: 1,
  ahead: 0,
  seatsFree: 0,
  soldOut: false,
  estimatedWait: undefined,
  admissionEndsAt: undefined,
  admissionRemaining: undefined,
  pollAfter: undefined,
  recovering: false,
};
