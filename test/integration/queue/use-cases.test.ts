import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { TestDomain } from '../../support/domain.ts';
import { refusalOf } from '../../support/refusal.ts';

describe('the use cases of the line', () => {
  let domain: TestDomain;

  before(async () => {
    domain = await TestDomain.open();
  });

  after(() => domain.close());

  it('refuse a place before the queue opens with QUEUE_NOT_OPEN, the opening time and the wait', async () => {
    const opensAt = new Date(Date.now() + 3_600_000);
    const { concertId } = await domain.concert({ queueOpensAt: opensAt, saleOpensAt: undefined });
    const refusal = await refusalOf(domain.main.queue.issueToken(concertId, randomUUID()));
    expect(refusal.reason).to.equal('QUEUE_NOT_OPEN');
    expect(refusal.metadata).to.deep.equal({ opens_at: opensAt.toISOString() });
    expect(refusal.retryAfterMs).to.be.within(3_500_000, 3_600_001);
  });

  it('give numbers in the order in which they were asked for, however many ask at once', async () => {
    const { concertId } = await domain.concert();
    const users = Array.from({ length: 250 }, () => randomUUID());
    // The first of them asks a second time at the end.
    const asked = [...users, users[0] ?? ''].map((userId) => domain.main.queue.issueToken(concertId, userId));
    const numbers = (await Promise.all(asked)).map(({ place }) => place.number);
    expect(numbers).to.deep.equal([...users.map((_user, index) => index + 1), 1]);
  });

  it('refuse new places while draining with QUEUE_DRAINING', async () => {
    const { concertId } = await domain.concert();
    const claims = await domain.join(concertId);
    await domain.main.queue.changePolicy(concertId, { mode: 'DRAINING' });
    expect((await refusalOf(domain.main.queue.issueToken(concertId, randomUUID()))).reason).to.equal('QUEUE_DRAINING');
    expect((await domain.main.queue.issueToken(concertId, claims.userId)).place.number).to.equal(claims.number);
  });

  it('put a changed policy in force at the next advance, and leave unset fields as they were', async () => {
    const { queue, queueStore } = domain.main;
    const { concertId } = await domain.concert();
    await domain.join(concertId);
    const before = await queue.policy(concertId);
    expect((await queue.changePolicy(concertId, { capacity: 0 })).policy).to.deep.equal({
      ...before,
      capacity: 0,
      revision: 1,
    });
    expect((await queueStore.advance(concertId))?.admitted).to.equal(0);
    expect((await queue.changePolicy(concertId, { capacity: 1 })).policy).to.deep.equal({
      ...before,
      capacity: 1,
      revision: 2,
    });
    expect((await queueStore.advance(concertId))?.admitted).to.equal(1);
  });

  it('show an instance what another one did', async () => {
    const other = await domain.instance();
    const { concertId } = await domain.concert();
    const { place } = await other.queue.issueToken(concertId, randomUUID());
    expect((await domain.main.queue.issueToken(concertId, place.userId)).place.number).to.equal(place.number);
    await other.queueStore.advance(concertId);
    await domain.main.queue.requireAdmitted(place);
  });

  it('let the next one in as soon as an admitted user leaves', async () => {
    const { queue } = domain.main;
    const { concertId } = await domain.concert();
    await queue.changePolicy(concertId, { capacity: 1 });
    const first = await domain.admit(concertId);
    const second = await domain.join(concertId);
    expect((await queue.leave(first)).state).to.equal('LEFT');
    await queue.requireAdmitted(second);
  });
});
