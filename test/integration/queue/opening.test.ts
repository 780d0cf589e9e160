import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import sinon from 'sinon';
import { openingKey } from '../../../src/queue/queue.keys.ts';
import { TestLines, WIDE_POLICY } from '../../support/line.ts';
import { redisNowMs } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';

describe('the opening of a line and its doors', () => {
  let lines: TestLines;

  before(async () => {
    lines = await TestLines.open();
  });

  after(() => lines.close());

  it('gives out no place before the queue opens, says when that is, and opens by itself', async () => {
    const queueOpensAtMs = (await redisNowMs(lines.redis)) + 300;
    const concertId = await lines.line({ queueOpensAtMs, saleOpensAtMs: queueOpensAtMs });
    const early = await lines.tryJoin(concertId);
    if (early?.kind !== 'not-open') throw new Error(`joining came to ${early?.kind}`);
    expect(early.opensAtMs).to.equal(queueOpensAtMs);
    expect(early.nowMs).to.be.lessThan(queueOpensAtMs);
    await waitUntil(async () => (await lines.tryJoin(concertId))?.kind === 'joined', { what: 'open' });
    expect(await redisNowMs(lines.redis)).to.be.at.least(queueOpensAtMs);
    expect((await lines.store.count(concertId))?.lastNumber).to.equal(1);
  });

  it('admits nobody before the sale opens, and then by itself', async () => {
    const saleOpensAtMs = (await redisNowMs(lines.redis)) + 300;
    const concertId = await lines.line({ saleOpensAtMs });
    const place = await lines.join(concertId);
    expect((await lines.store.advance(concertId))?.admitted).to.equal(0);
    const admits = async () => (await lines.store.advance(concertId))?.admitted === 1;
    await waitUntil(admits, { what: 'the sale is open' });
    expect(await redisNowMs(lines.redis)).to.be.at.least(saleOpensAtMs);
    expect((await lines.read(place)).state).to.equal('ADMITTED');
  });

  it('admits nobody while PAUSED, keeps every place, and gives out more', async () => {
    const concertId = await lines.line({ mode: 'PAUSED' });
    const [first, second] = await lines.joinMany(concertId, 2);
    expect((await lines.store.advance(concertId))?.admitted).to.equal(0);
    expect([(await lines.read(first!)).position, (await lines.read(second!)).position]).to.deep.equal([1, 2]);
    await lines.store.setPolicy(concertId, WIDE_POLICY);
    expect((await lines.store.advance(concertId))?.admitted).to.equal(2);
  });

  it('gives out no more places while DRAINING, but keeps and admits those it has given', async () => {
    const concertId = await lines.line();
    const places = await lines.joinMany(concertId, 2);
    await lines.store.setPolicy(concertId, { ...WIDE_POLICY, mode: 'DRAINING' });
    expect(await lines.tryJoin(concertId)).to.deep.equal({ kind: 'draining' });
    expect((await lines.join(concertId, places[0]!.userId)).number).to.equal(1);
    expect((await lines.store.advance(concertId))?.admitted).to.equal(2);
    expect(await lines.numbersIn('ADMITTED', places)).to.deep.equal([1, 2]);
    await lines.store.leave(places[0]!);
    expect(await lines.tryJoin(concertId, places[0]!.userId)).to.deep.equal({ kind: 'draining' });
  });

  it('opens once: a later opening changes nothing', async () => {
    const concertId = await lines.line({ capacity: 7 });
    const place = await lines.join(concertId);
    await lines.openLine(concertId, { epoch: 9 });
    expect(await lines.read(place)).to.include({ state: 'WAITING', number: 1, epoch: 1 });
    expect((await lines.join(concertId)).number).to.equal(2);
  });

  it('does not open where it could not be listed among the lines that instances advance', async () => {
    const sadd = sinon.stub(lines.redis, 'sadd').rejects(new Error('the connection broke'));
    const concertId = randomUUID();
    expect(await lines.openLine(concertId).catch(String)).to.include('the connection broke');
    expect(await lines.store.count(concertId)).to.equal(undefined);
    sadd.restore();
    await lines.redis.del(openingKey(concertId));
    await lines.openLine(concertId);
    expect(await lines.store.openLines()).to.include(concertId);
  });

  it('is told to nobody where Redis does not have it', async () => {
    const concertId = randomUUID();
    const claims = { concertId, userId: randomUUID(), number: 1, epoch: 1 };
    expect(await lines.tryJoin(concertId, claims.userId)).to.equal(undefined);
    expect(await lines.store.leave(claims)).to.deep.equal({ kind: 'line-missing' });
    expect(await lines.store.read(concertId, [claims], true)).to.equal(undefined);
    expect(await lines.store.advance(concertId)).to.equal(undefined);
    expect(await lines.store.count(concertId)).to.equal(undefined);
    await lines.store.setPolicy(concertId, WIDE_POLICY);
    expect(await lines.store.count(concertId)).to.equal(undefined);
  });
});
