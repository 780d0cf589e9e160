import { expect } from 'chai';
import { answerOf, rawCall, rawConnection } from './support/raw-http2.ts';
import { aborted, heartbeat, startQueueServer, stopQueueServers } from './support/queue-server.ts';

afterEach(stopQueueServers);

const RESETS = 5_000;
const CANCEL = 0x8;

describe('a connection that many watchers share', () => {
  it(`outlives ${RESETS} of them leaving`, async () => {
    const { address, server } = await startQueueServer({
      async *watch(context) {
        yield heartbeat;
        await aborted(context);
      },
    });
    const session = rawConnection(address);
    let closed: unknown;
    session.on('goaway', (code) => (closed = `goaway ${code}`));
    session.on('close', () => (closed ??= 'closed'));
    session.on('error', (error) => (closed = error));
    const bystander = rawCall(session, 'WatchPosition', { 'queue-token': 'good' });
    await answerOf(bystander);
    for (let batch = 0; batch < RESETS / 500; batch++) {
      const streams = Array.from({ length: 500 }, () => rawCall(session, 'WatchPosition', { 'queue-token': 'good' }));
      await Promise.all(streams.map(answerOf));
      const gone = streams.map((stream) => new Promise((resolve) => stream.once('close', resolve)));
      for (const stream of streams) stream.close(CANCEL);
      await Promise.all(gone);
    }
    const after = await answerOf(rawCall(session, 'GetPosition', { 'queue-token': 'good' }));
    expect(closed).to.equal(undefined);
    expect(after.headers[':status']).to.equal(200);
    expect(bystander.closed).to.equal(false);
    session.destroy();
    await server.stop(1_000);
  });
});
