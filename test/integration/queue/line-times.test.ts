import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import sinon from 'sinon';
import { lineKeys, PolicyTicker } from '../../../src/queue/index.ts';
import { TestDomain } from '../../support/domain.ts';
import type { Instance } from '../../support/instance.ts';
import { refusalOf } from '../../support/refusal.ts';
import { changeOf } from '../catalog/fixtures.ts';

const HOUR_MS = 3_600_000;

describe('the times of a concert that change while its line is open', () => {
  let domain: TestDomain;
  let other: Instance;

  before(async () => {
    domain = await TestDomain.open();
    other = await domain.instance();
  });

  after(() => domain.close());

  const inAnHour = () => new Date(Date.now() + HOUR_MS);
  const anHourAgo = () => new Date(Date.now() - HOUR_MS);
  const moveSale = (concertId: string, saleOpensAt: Date, idempotencyKey?: string, by = domain.main) =>
    by.catalog.updateConcert(changeOf(concertId, { saleOpensAt }), { idempotencyKey });
  const admittedNow = async (concertId: string) => (await other.queueStore.advance(concertId))?.admitted;
  const saleInForce = async (concertId: string) =>
    Number(await domain.main.redis.hget(lineKeys(concertId).line, 'sale_opens_at'));
  const tick = async (by: Instance, concertId: string) => {
    const { setPolicy, setTimes } = by.queueStore;
    const store = {
      setPolicy: setPolicy.bind(by.queueStore),
      setTimes: setTimes.bind(by.queueStore),
      openLines: () => Promise.resolve([concertId]),
    };
    const onError = (error: unknown) => void domain.errors.push(error);
    await new PolicyTicker({ store, lines: by.lines, concerts: by.catalog, intervalMs: 1_000, onError }).round();
  };

  it('shut the doors where the sale moves into the future, keep every place, and open them where it moves back', async () => {
    const { concertId } = await domain.concert();
    const inside = await domain.admit(concertId);
    const waiting = await domain.join(concertId);
    await moveSale(concertId, inAnHour());
    expect(await admittedNow(concertId)).to.equal(0);
    expect(await domain.main.queue.position(waiting)).to.include({
      state: 'WAITING',
      position: 1,
      number: waiting.number,
    });
    expect((await domain.main.queue.position(inside)).state).to.equal('ADMITTED');
    await moveSale(concertId, new Date());
    expect(await admittedNow(concertId)).to.equal(1);
    expect(await domain.main.queue.position(waiting)).to.include({ state: 'ADMITTED', number: waiting.number });
  });

  it('keep newcomers out where the queue moves into the future, and no one who has a place', async () => {
    const { concertId } = await domain.concert();
    const claims = await domain.join(concertId);
    const queueOpensAt = inAnHour();
    const change = changeOf(concertId, { queueOpensAt, saleOpensAt: queueOpensAt });
    await domain.main.catalog.updateConcert(change, { idempotencyKey: undefined });
    const refusal = await refusalOf(other.queue.issueToken(concertId, randomUUID()));
    expect(refusal).to.deep.include({
      reason: 'QUEUE_NOT_OPEN',
      metadata: { opens_at: queueOpensAt.toISOString() },
    });
    expect((await other.queue.issueToken(concertId, claims.userId)).place.number).to.equal(claims.number);
  });

  it('are never replaced by older ones, whichever reach Redis last', async () => {
    const { concertId } = await domain.concert();
    await domain.join(concertId);
    const older = await domain.main.catalog.findTimes(concertId);
    const saleOpensAt = inAnHour();
    await moveSale(concertId, saleOpensAt);
    if (older) await other.queueStore.setTimes(concertId, older);
    expect(await saleInForce(concertId)).to.equal(saleOpensAt.getTime());
  });

  it('are the last ones however many changes are made at once', async () => {
    const { concertId } = await domain.concert();
    await domain.join(concertId);
    const soon = Date.now() + HOUR_MS;
    await Promise.all(
      Array.from({ length: 16 }, (_none, index) =>
        moveSale(concertId, new Date(soon + index), undefined, index % 2 === 0 ? domain.main : other),
      ),
    );
    const [row] = await domain.sql('select sale_opens_at from concerts where id = ?', [concertId]);
    expect(await saleInForce(concertId)).to.equal(new Date(String(row?.['sale_opens_at'])).getTime());
  });

  it('are followed by the line itself where Redis failed after the change was committed', async () => {
    const { concertId } = await domain.concert();
    await domain.join(concertId);
    const saleOpensAt = inAnHour();
    const setTimes = sinon.stub(domain.main.queueStore, 'setTimes').rejects(new Error('killed here'));
    const outcome = await moveSale(concertId, saleOpensAt, 'later').catch((error: unknown) => error);
    setTimes.restore();
    expect(outcome).to.be.instanceOf(Error);
    expect(await saleInForce(concertId)).to.be.lessThan(Date.now());
    await tick(domain.main, concertId);
    expect(await saleInForce(concertId)).to.equal(saleOpensAt.getTime());
    expect(domain.errors).to.deep.equal([]);
  });

  it('are put in force by a retry with its key where the first call got no further than Postgres', async () => {
    const { concertId } = await domain.concert();
    await domain.join(concertId);
    const saleOpensAt = inAnHour();
    const setTimes = sinon.stub(domain.main.queueStore, 'setTimes').rejects(new Error('killed here'));
    await moveSale(concertId, saleOpensAt, `retry ${concertId}`).catch(() => undefined);
    setTimes.restore();
    expect((await moveSale(concertId, saleOpensAt, `retry ${concertId}`)).replayed).to.equal(true);
    expect(await saleInForce(concertId)).to.equal(saleOpensAt.getTime());
  });

  it('are in force where the line was being opened with those before', async () => {
    const { concertId } = await domain.concert();
    const { queue, queueStore } = domain.main;
    const saleOpensAt = inAnHour();
    const open = sinon.stub(queueStore, 'open');
    open.callsFake(async (id, opening) => {
      await moveSale(concertId, saleOpensAt);
      open.restore();
      return queueStore.open(id, opening);
    });
    await queue.issueToken(concertId, randomUUID());
    expect(await saleInForce(concertId)).to.equal(saleOpensAt.getTime());
  });

  it('reach a line that was opened before times had revisions', async () => {
    const { concertId } = await domain.concert();
    await domain.join(concertId);
    await domain.main.redis.hdel(lineKeys(concertId).line, 'times_revision');
    const saleOpensAt = inAnHour();
    await moveSale(concertId, saleOpensAt);
    expect(await saleInForce(concertId)).to.equal(saleOpensAt.getTime());
  });

  it('are those of the concert where Redis lost the line since', async () => {
    const { concertId } = await domain.concert();
    const waiting = await domain.join(concertId);
    await moveSale(concertId, inAnHour());
    await domain.main.redis.del(lineKeys(concertId).line);
    await domain.main.queue.position(waiting);
    expect(await admittedNow(concertId)).to.equal(0);
    await moveSale(concertId, anHourAgo());
    expect(await admittedNow(concertId)).to.equal(1);
  });
});
