import { expect } from 'chai';
import { lineKeys, userMember, type PlaceSnapshot } from '../../../src/queue/index.ts';
import { TestLines } from '../../support/line.ts';
import { redisNowMs } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';

describe('the end of a place', () => {
  let lines: TestLines;

  before(async () => {
    lines = await TestLines.open();
  });

  after(() => lines.close());

  const stateIs = (place: PlaceSnapshot, state: PlaceSnapshot['state']) =>
    waitUntil(async () => (await lines.read(place)).state === state, { what: `the place is ${state}` });

  it('comes by the time alone: EXPIRED at the end of the admission, before the line has moved', async () => {
    const concertId = await lines.line({ admissionTtlMs: 250, capacity: 1 });
    const [first, second] = await lines.joinMany(concertId, 2);
    await lines.store.advance(concertId);
    const { admissionEndsAtMs, asOfMs } = await lines.read(first!);
    expect(admissionEndsAtMs - asOfMs).to.be.within(0, 250);
    await stateIs(first!, 'EXPIRED');
    expect(await redisNowMs(lines.redis)).to.be.at.least(admissionEndsAtMs);
    expect(await lines.store.advance(concertId)).to.include({ ended: 1, admitted: 1 });
    expect((await lines.read(first!)).state).to.equal('EXPIRED');
    expect((await lines.read(second!)).state).to.equal('ADMITTED');
  });

  it('comes when its user leaves, from waiting as from inside, and the next ones move up', async () => {
    const concertId = await lines.line({ capacity: 1 });
    const [inside, waiting, behind] = await lines.joinMany(concertId, 3);
    await lines.store.advance(concertId);
    const left = await lines.store.leave(waiting!);
    expect(left.kind === 'left' && left.place.state).to.equal('LEFT');
    expect((await lines.read(behind!)).position).to.equal(1);
    await lines.store.leave(inside!);
    expect((await lines.store.advance(concertId))?.admitted).to.equal(1);
    expect((await lines.read(behind!)).state).to.equal('ADMITTED');
  });

  it('comes once: leaving again succeeds and changes nothing', async () => {
    const concertId = await lines.line({ admissionTtlMs: 20 });
    const [left, expired] = await lines.joinMany(concertId, 2);
    for (const _ of [1, 2]) {
      const result = await lines.store.leave(left!);
      expect(result.kind === 'left' && result.place.state).to.equal('LEFT');
    }
    await lines.store.advance(concertId);
    await stateIs(expired!, 'EXPIRED');
    const late = await lines.store.leave(expired!);
    expect(late.kind === 'left' && late.place.state).to.equal('EXPIRED');
  });

  it('cannot be brought about by a token of an earlier place of the user', async () => {
    const old = await lines.join(await lines.line());
    await lines.store.leave(old);
    const place = await lines.join(old.concertId, old.userId);
    await lines.store.leave(old);
    await lines.store.leave({ ...place, epoch: place.epoch + 1 });
    expect((await lines.read(place)).state).to.equal('WAITING');
  });

  it('is refused to a user who leaves while a hold lives, and given when the hold is over', async () => {
    const place = await lines.join(await lines.line());
    const { holders, admitted } = lineKeys(place.concertId);
    await lines.store.advance(place.concertId);
    const nowMs = await redisNowMs(lines.redis);
    const member = userMember(place.userId);
    await lines.redis.hset(holders, member, `reservation-1|${nowMs + 60_000}|${nowMs + 1_000}`);
    expect(await lines.store.leave(place)).to.deep.equal({ kind: 'hold-active', reservationId: 'reservation-1' });
    expect((await lines.read(place)).state).to.equal('ADMITTED');
    await lines.redis.hset(holders, member, `reservation-1|${nowMs}|${nowMs + 1_000}`);
    expect((await lines.store.leave(place)).kind).to.equal('left');
    expect(await lines.redis.zscore(admitted, member)).to.equal(null);
  });

  it('is forgotten once no token can name the place any more', async () => {
    const place = await lines.join(await lines.line());
    await lines.store.leave(place);
    const { ended } = lineKeys(place.concertId);
    await lines.store.advance(place.concertId);
    expect(await lines.redis.zcard(ended)).to.equal(1);
    // The lines of these tests remember ends for an hour.
    await lines.redis.zadd(ended, (await redisNowMs(lines.redis)) - 3_600_001, '1:L');
    await lines.store.advance(place.concertId);
    expect(await lines.redis.zcard(ended)).to.equal(0);
  });
});
