import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { lineKeys } from '../../../src/queue/index.ts';
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

  it('opens again with a higher epoch at the next call, recovers, and old tokens name their places', async () => {
    const { queue, redis } = domain.main;
    const { concertId } = await domain.concert();
    const [first, second] = [await domain.join(concertId), await domain.join(concertId)];
    await forgetConcert(redis, concertId);
    const newcomer = await queue.issueToken(concertId, randomUUID());
    expect(newcomer.place).to.include({ epoch: 2, number: 1, position: 1 });
    expect(await queue.position(second)).to.include({ state: 'WAITING', epoch: 1, number: 2, position: 1 });
    expect(await queue.position(first)).to.include({ state: 'WAITING', epoch: 1, number: 1, position: 1 });
    expect(await queue.position(second)).to.include({ position: 2 });
    expect(await queue.stats(concertId)).to.include({ epoch: 2, lastNumber: 1, waiting: 3, seatsFree: 50 });
    // Asking again renews the token of the place that came back.
    const again = await queue.issueToken(concertId, first.userId);
    expect(again.place).to.include({ epoch: 1, number: 1, position: 1 });
  });

  it('does not mix with what is left of the epoch before where only its record was lost', async () => {
    const { queue, redis } = domain.main;
    const { concertId } = await domain.concert();
    await domain.admit(concertId);
    await domain.join(concertId);
    await redis.del(lineKeys(concertId).line);
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
    expect(places[0]?.epoch).to.equal(2);
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
