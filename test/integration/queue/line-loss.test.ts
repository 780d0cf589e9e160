import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { lineKeys, NotAdmittedError } from '../../../src/queue/index.ts';
import { TestDomain } from '../../support/domain.ts';
import { inTurn } from '../../support/in-turn.ts';
import { forgetConcert } from '../../support/redis.ts';
import { refusalOf } from '../../support/refusal.ts';

describe('a line that Redis lost', () => {
  let domain: TestDomain;

  before(async () => {
    domain = await TestDomain.open();
  });

  after(() => domain.close());

  it('opens again with a higher epoch at the next call, and old tokens are EXPIRED, not an error', async () => {
    const { queue, redis } = domain.main;
    const { concertId } = await domain.concert();
    const old = await domain.admit(concertId);
    await forgetConcert(redis, concertId);
    expect((await queue.position(old)).state).to.equal('EXPIRED');
    expect((await queue.leave(old)).state).to.equal('EXPIRED');
    expect(await queue.stats(concertId)).to.include({ epoch: 2, lastNumber: 0, seatsFree: 50 });
    const { place } = await queue.issueToken(concertId, old.userId);
    expect([place.epoch, place.number, place.state]).to.deep.equal([2, 1, 'WAITING']);
    expect((await queue.position(old)).state).to.equal('EXPIRED');
  });

  it('does not mix with what is left of the epoch before where only its record was lost', async () => {
    const { queue, redis } = domain.main;
    const { concertId } = await domain.concert();
    const old = await domain.admit(concertId);
    await redis.del(lineKeys(concertId).line);
    expect(await refusalOf(queue.requireAdmitted(old))).to.be.instanceOf(NotAdmittedError);
    expect(await queue.stats(concertId)).to.include({ waiting: 0, admitted: 0, epoch: 2 });
  });

  it('is opened by whoever comes, by all at once as one line with numbers without gaps', async () => {
    const instances = [domain.main, await domain.instance(), await domain.instance()];
    const { concertId } = await domain.concert();
    await domain.join(concertId);
    await forgetConcert(domain.main.redis, concertId);
    const joins = Array.from({ length: 30 }, (_, index) =>
      inTurn(instances, index).queue.issueToken(concertId, randomUUID()),
    );
    const places = (await Promise.all(joins)).map(({ place }) => place);
    expect(new Set(places.map((place) => place.epoch)).size).to.equal(1);
    expect(places[0]?.epoch).to.be.greaterThan(1);
    const numbers = places.map((place) => place.number).toSorted((a, b) => a - b);
    expect(numbers).to.deep.equal(Array.from({ length: 30 }, (_, index) => index + 1));
  });

  it('takes the policy that was in force before', async () => {
    const { queue, redis, queueStore } = domain.main;
    const { concertId } = await domain.concert();
    await domain.join(concertId);
    await queue.changePolicy(concertId, { mode: 'PAUSED' });
    await forgetConcert(redis, concertId);
    await domain.join(concertId);
    expect((await queueStore.advance(concertId))?.admitted).to.equal(0);
  });

  it('is not opened for a concert that there is not', async () => {
    const refusal = await refusalOf(domain.main.queue.issueToken(randomUUID(), randomUUID()));
    expect(refusal.reason).to.equal('CONCERT_NOT_FOUND');
  });
});
