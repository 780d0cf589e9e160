import { expect } from 'chai';
import { lineKeyList } from '../../../src/queue/index.ts';
import { changeOf } from '../catalog/fixtures.ts';
import { TestDomain } from '../../support/domain.ts';

describe('a line that is taken off the list', () => {
  let domain: TestDomain;

  before(async () => {
    domain = await TestDomain.open();
  });

  after(() => domain.close());

  it('does not lie in Redis for ever: it goes with the last token that can name a place in it', async () => {
    const { redis, queueStore, queue } = domain.main;
    const { concertId } = await domain.concert();
    const admitted = await domain.admit(concertId);
    await domain.hold(admitted, (await domain.main.catalog.performancesOf(concertId))[0]?.performanceId ?? '', [1]);
    const waiting = await domain.join(concertId);
    await queue.leave(await domain.join(concertId));
    await queueStore.close(concertId);
    const lives = await Promise.all(lineKeyList(concertId).map((key) => redis.pttl(key)));
    // -2 is a key that is not there, -1 one that never expires.
    expect(lives.filter((ms) => ms === -1)).to.deep.equal([]);
    expect(Math.max(...lives)).to.be.within(3_500_000, 3_600_000);
    expect((await queue.position(waiting)).number).to.equal(waiting.number);
  });

  it('stays, and lets people in again, where the concert is given another performance', async () => {
    const { catalog, redis, queueStore, queue } = domain.main;
    const { concertId } = await domain.concert();
    const waiting = await domain.join(concertId);
    await queueStore.close(concertId);
    const newPerformances = [{ startsAt: new Date(Date.now() + 48 * 3_600_000), layout: undefined }];
    await catalog.updateConcert(changeOf(concertId, { newPerformances }), { idempotencyKey: undefined });
    expect(await queueStore.openLines()).to.include(concertId);
    const lives = await Promise.all(lineKeyList(concertId).map((key) => redis.pttl(key)));
    expect(lives.filter((ms) => ms >= 0)).to.deep.equal([]);
    await queueStore.advance(concertId);
    expect((await queue.position(waiting)).state).to.equal('ADMITTED');
  });
});
