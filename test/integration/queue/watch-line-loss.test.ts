import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { PlaceHub } from '../../../src/queue/index.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { TestDomain } from '../../support/domain.ts';
import { forgetConcert } from '../../support/redis.ts';

describe('a line that Redis lost while its waiters do nothing but watch', () => {
  let domain: TestDomain;

  before(async () => {
    domain = await TestDomain.open({ recoveryWindowMs: 1_000 });
  });

  after(() => domain.close());

  it('opens again by itself, and the streams go on with the places of the epoch before', async () => {
    const { queueStore, queue, redis } = domain.main;
    const { concertId } = await domain.concert();
    const claims = await domain.join(concertId);
    const hub = new PlaceHub({
      read: (id, all) => queue.read(id, all),
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
      const messages = hub.watch(claims, (each) => each);
      messages.readBy({ wake: () => undefined });
      while (!messages.isOver) {
        const event = messages.take();
        if (!event) await sleep(5);
        if (!event || event.kind === 'heartbeat') continue;
        if (event.kind === 'end') said.push(event.reason);
        else said.push(event.place.recovering ? `${event.place.state} recovering` : event.place.state);
        if (said.length === 1) await forgetConcert(redis, concertId);
        if (said.length === 3) await queue.leave(claims);
      }
    } finally {
      await hub.stop();
    }
    expect(said).to.deep.equal(['WAITING', 'WAITING recovering', 'WAITING', 'LEFT', 'PLACE_ENDED']);
    expect(await queueStore.openLines()).to.include(concertId);
  }).timeout(20_000);
});
