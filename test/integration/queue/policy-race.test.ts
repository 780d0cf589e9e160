import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import sinon from 'sinon';
import { lineKeys, PolicyTicker, type PolicyTickerDeps } from '../../../src/queue/index.ts';
import { TestDomain } from '../../support/domain.ts';
import type { Instance } from '../../support/instance.ts';

describe('a policy that changes while something else happens to its line', () => {
  let domain: TestDomain;
  let other: Instance;

  before(async () => {
    domain = await TestDomain.open();
    other = await domain.instance();
  });

  after(() => domain.close());

  /** Compares what the doors go by with what Postgres says. */
  async function expectInForce(concertId: string): Promise<void> {
    const policy = await domain.main.lines.policyOf(concertId);
    const inForce = await domain.main.redis.hgetall(lineKeys(concertId).line);
    expect(inForce).to.include({ mode: policy.mode, capacity: String(policy.capacity), burst: String(policy.burst) });
  }

  it('is the last one in Redis too where two changes reach it in the other order', async () => {
    const { concertId } = await domain.concert();
    await domain.join(concertId);
    // The first change is held up between Postgres and Redis until the second one is through.
    const { queue, queueStore } = domain.main;
    const setPolicy = sinon.stub(queueStore, 'setPolicy');
    setPolicy.onFirstCall().callsFake(async (id, policy) => {
      await other.queue.changePolicy(concertId, { burst: 8 });
      setPolicy.callThrough();
      await queueStore.setPolicy(id, policy);
    });
    setPolicy.callThrough();
    await queue.changePolicy(concertId, { capacity: 7 });
    expect(await domain.main.lines.policyOf(concertId)).to.include({ capacity: 7, burst: 8 });
    await expectInForce(concertId);
  });

  it('is in force where the line was being opened with the one before', async () => {
    const { concertId } = await domain.concert();
    const { queue, queueStore } = domain.main;
    const open = sinon.stub(queueStore, 'open');
    open.callsFake(async (id, opening) => {
      await other.queue.changePolicy(concertId, { mode: 'PAUSED' });
      open.restore();
      return queueStore.open(id, opening);
    });
    await queue.issueToken(concertId, randomUUID());
    await expectInForce(concertId);
    expect((await queueStore.advance(concertId))?.admitted).to.equal(0);
  });

  it('is not undone by an older one whose process was stopped in between and goes on later', async () => {
    const { concertId } = await domain.concert();
    await domain.join(concertId);
    const { policy: older } = await domain.main.lines.change(concertId, { mode: 'OPEN' });
    await other.queue.changePolicy(concertId, { mode: 'PAUSED' });
    await domain.main.queueStore.setPolicy(concertId, older);
    await expectInForce(concertId);
    expect((await domain.main.queueStore.advance(concertId))?.admitted).to.equal(0);
  });

  it('is in force soon after a change whose process died between Postgres and Redis', async () => {
    const { concertId } = await domain.concert();
    await domain.join(concertId);
    await domain.main.lines.change(concertId, { mode: 'PAUSED' });
    const store: PolicyTickerDeps['store'] = {
      setPolicy: (id, policy) => other.queueStore.setPolicy(id, policy),
      setTimes: (id, times) => other.queueStore.setTimes(id, times),
      openLines: () => Promise.resolve([concertId]),
    };
    const onError = (error: unknown) => void domain.errors.push(error);
    await new PolicyTicker({ store, lines: other.lines, concerts: other.catalog, intervalMs: 1_000, onError }).round();
    await expectInForce(concertId);
    expect((await domain.main.queueStore.advance(concertId))?.admitted).to.equal(0);
    expect(domain.errors).to.deep.equal([]);
  });

  it('is the last one however many changes are made at once', async () => {
    const { concertId } = await domain.concert();
    await domain.join(concertId);
    const changes = Array.from({ length: 24 }, (_, index) => {
      const { queue } = index % 2 === 0 ? domain.main : other;
      return queue.changePolicy(concertId, { capacity: 100 + index, burst: 200 + index });
    });
    await Promise.all(changes);
    await expectInForce(concertId);
  });
});
