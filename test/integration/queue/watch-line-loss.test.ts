import { expect } from 'chai';
import { PlaceHub } from '../../../src/queue/index.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { TestDomain } from '../../support/domain.ts';
import { forgetConcert } from '../../support/redis.ts';

describe('a line that Redis lost while its waiters do nothing but watch', () => {
  let domain: TestDomain;

  before(async () => {
    domain = await TestDomain.open();
  });

  after(() => domain.close());

  it('opens again by itself, and the streams say that the places of the epoch before are EXPIRED', async () => {
    const { queueStore, queue, redis } = domain.main;
    const { concertId } = await domain.concert();
    const claims = await domain.join(concertId);
    const hub = new PlaceHub({
      store: queueStore,
      reopen: (id) => queue.reopen(id),
      signals: { listen: () => () => undefined },
      clock: systemClock,
      random: Math.random,
      tickMs: 50,
      heartbeatMs: 15_000,
      onError: (error) => void domain.errors.push(error),
    });
    hub.start();
    const said: string[] = [];
    try {
      for await (const event of hub.watch(claims, AbortSignal.timeout(15_000))) {
        if (event.kind === 'heartbeat') continue;
        said.push(event.kind === 'place' ? event.place.state : event.reason);
        if (said.length === 1) await forgetConcert(redis, concertId);
      }
    } finally {
      await hub.stop();
    }
    expect(said).to.deep.equal(['WAITING', 'EXPIRED', 'PLACE_ENDED']);
    expect(await queueStore.openLines()).to.include(concertId);
  }).timeout(20_000);
});
