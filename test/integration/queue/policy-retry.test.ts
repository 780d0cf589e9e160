import { expect } from 'chai';
import sinon from 'sinon';
import { lineKeys } from '../../../src/queue/index.ts';
import { TestDomain } from '../../support/domain.ts';
import { refusalOf } from '../../support/refusal.ts';

describe('a change of a policy that is tried again with its key', () => {
  let domain: TestDomain;

  before(async () => {
    domain = await TestDomain.open();
  });

  after(() => domain.close());

  const capacityInForce = async (concertId: string) =>
    Number(await domain.main.redis.hget(lineKeys(concertId).line, 'capacity'));

  it('gives the first outcome and does not undo what was changed since', async () => {
    const { queue, lines } = domain.main;
    const { concertId } = await domain.concert();
    await domain.join(concertId);
    const first = await queue.changePolicy(concertId, { capacity: 500 }, 'open-up');
    await queue.changePolicy(concertId, { capacity: 5 }, 'shut-down');
    const again = await queue.changePolicy(concertId, { capacity: 500 }, 'open-up');
    expect(again).to.deep.equal({ policy: first.policy, replayed: true });
    expect(first).to.deep.include({ replayed: false });
    expect((await lines.policyOf(concertId)).capacity).to.equal(5);
    expect(await capacityInForce(concertId)).to.equal(5);
  });

  it('puts it in force where the first call got no further than Postgres', async () => {
    const { queue, queueStore } = domain.main;
    const { concertId } = await domain.concert();
    await domain.join(concertId);
    const setPolicy = sinon.stub(queueStore, 'setPolicy').rejects(new Error('killed here'));
    const outcome = await queue.changePolicy(concertId, { capacity: 7 }, 'key').catch((error: unknown) => error);
    setPolicy.restore();
    expect(outcome).to.be.instanceOf(Error);
    expect((await queue.changePolicy(concertId, { capacity: 7 }, 'key')).replayed).to.equal(true);
    expect(await capacityInForce(concertId)).to.equal(7);
  });

  it('is refused for another change or another concert', async () => {
    const { queue } = domain.main;
    const { concertId } = await domain.concert();
    const { concertId: other } = await domain.concert();
    await queue.changePolicy(concertId, { capacity: 8 }, 'once');
    for (const call of [
      queue.changePolicy(concertId, { capacity: 9 }, 'once'),
      queue.changePolicy(other, { capacity: 8 }, 'once'),
    ]) {
      expect((await refusalOf(call)).reason).to.equal('IDEMPOTENCY_KEY_REUSED');
    }
  });
});
