import { expect } from 'chai';
import { DomainError } from '../../../../src/shared/domain-error.ts';
import { answerOf, rawCall, rawConnection } from './support/raw-http2.ts';
import { startQueueServer, stopQueueServers } from './support/queue-server.ts';

afterEach(stopQueueServers);

// A gateway turns these headers into the headers of its HTTP/1 answer; trailers it would drop.
describe('an error before the first message', () => {
  const busy = () => new DomainError('REQUEST_IN_PROGRESS', 'Wait.', { retryAfterMs: 6_500 });
  const handlers = {
    async position() {
      throw busy();
    },
    // eslint-disable-next-line require-yield
    async *watch() {
      throw busy();
    },
  };

  for (const method of ['GetPosition', 'WatchPosition']) {
    it(`is one block of headers with its request id and its retry time: ${method}`, async () => {
      const { address } = await startQueueServer(handlers);
      const session = rawConnection(address);
      const sent = { 'queue-token': 'good', 'x-request-id': 'my-id' };
      const { headers, trailersOnly } = await answerOf(rawCall(session, method, sent));
      session.destroy();
      expect(trailersOnly).to.equal(true);
      expect(headers).to.include({ 'grpc-status': '10', 'retry-after': '7', 'x-request-id': 'my-id' });
      expect(headers).to.have.property('grpc-status-details-bin');
    });
  }
});
