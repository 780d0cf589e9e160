import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { NotAdmittedError, type PlaceState } from '../../../src/queue/index.ts';
import type { PlaceClaims } from '../../../src/shared/place-claims.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import { forgetConcert } from '../../support/redis.ts';
import { refusalOf } from '../../support/refusal.ts';
import { waitUntil } from '../../support/wait-until.ts';

describe('who may hold seats', () => {
  let domain: TestDomain;
  let onSale: OnSale;

  before(async () => {
    domain = await TestDomain.open();
  });

  after(() => domain.close());

  beforeEach(async () => {
    onSale = await domain.concert();
  });

  async function expectNotAdmitted(claims: PlaceClaims, state: PlaceState): Promise<void> {
    const refusal = await refusalOf(domain.hold(claims, onSale.performanceId, [1]));
    expect(refusal).to.be.instanceOf(NotAdmittedError);
    expect(refusal.metadata['state']).to.equal(state);
    const map = await domain.main.liveSeats.seatMap(onSale.concertId, onSale.performanceId);
    expect(map.stateOf(1)).to.equal('AVAILABLE');
  }

  it('is nobody who waits', async () => {
    await expectNotAdmitted(await domain.join(onSale.concertId), 'WAITING');
  });

  it('is nobody whose admission ran out, though the line has not moved since', async () => {
    await domain.main.queue.changePolicy(onSale.concertId, { admissionTtlMs: 300 });
    const claims = await domain.admit(onSale.concertId);
    const hasEnded = async () => (await domain.main.queue.position(claims)).state === 'EXPIRED';
    await waitUntil(hasEnded, { what: 'the admission ran out' });
    await expectNotAdmitted(claims, 'EXPIRED');
  });

  it('is nobody who left', async () => {
    const claims = await domain.admit(onSale.concertId);
    await domain.main.queue.leave(claims);
    await expectNotAdmitted(claims, 'LEFT');
  });

  it('is nobody whose place is COMPLETED', async () => {
    const buyer = await domain.buyer(onSale, [2]);
    await buyer.pay();
    await expectNotAdmitted(buyer.claims, 'COMPLETED');
  });

  it('is nobody whose line Redis lost, until the place that comes back is admitted', async () => {
    const claims = await domain.admit(onSale.concertId);
    await forgetConcert(domain.main.redis, onSale.concertId);
    await expectNotAdmitted(claims, 'WAITING');
    await domain.main.queueStore.advance(onSale.concertId);
    expect((await domain.hold(claims, onSale.performanceId, [1])).state).to.equal('HELD');
  });

  it('is nobody with an older token of a place that ended, though the user stands in line again', async () => {
    const old = await domain.admit(onSale.concertId);
    await domain.main.queue.leave(old);
    const again = await domain.admit(onSale.concertId, old.userId);
    await expectNotAdmitted(old, 'LEFT');
    expect((await domain.hold(again, onSale.performanceId, [1])).state).to.equal('HELD');
  });

  it('is nobody who has a live reservation, of this or another performance', async () => {
    const claims = await domain.admit(onSale.concertId);
    const { reservationId } = await domain.hold(claims, onSale.performanceId, [1]);
    const refusal = await refusalOf(domain.hold(claims, onSale.performanceId, [2]));
    expect(refusal).to.deep.include({ reason: 'RESERVATION_EXISTS', metadata: { reservation_id: reservationId } });
    await domain.main.reservations.release(claims, reservationId);
    expect((await domain.hold(claims, onSale.performanceId, [2])).state).to.equal('HELD');
  });

  it('gets one reservation where the user asks ten times at once for different seats', async () => {
    const claims = await domain.admit(onSale.concertId);
    const holds = Array.from({ length: 10 }, (_, index) => domain.hold(claims, onSale.performanceId, [index + 1]));
    const settled = await Promise.allSettled(holds);
    expect(settled.filter((each) => each.status === 'fulfilled')).to.have.length(1);
    expect((await domain.seats(onSale)).held).to.have.length(1);
  });

  it('is held to the limit of the concert by the seats asked for', async () => {
    const claims = await domain.admit(onSale.concertId);
    const refusal = await refusalOf(domain.hold(claims, onSale.performanceId, [1, 2, 3, 4, 5]));
    expect(refusal).to.deep.include({ reason: 'SEAT_LIMIT_EXCEEDED', metadata: { limit: '4', owned: '0' } });
    expect((await domain.hold(claims, onSale.performanceId, [1, 2, 3, 4])).seats).to.have.length(4);
  });

  it('is held to the limit by the tickets owned too, of every performance, also after Redis lost them', async () => {
    const startsAt = (hours: number) => new Date(Date.now() + hours * 3_600_000);
    onSale = await domain.concert({
      performances: [
        { startsAt: startsAt(24), layout: undefined },
        { startsAt: startsAt(48), layout: undefined },
      ],
    });
    const second = onSale.concert.performances[1]?.performanceId ?? '';
    const buyer = await domain.buyer(onSale, [1, 2, 3]);
    await buyer.pay();
    for (const isLost of [false, true]) {
      if (isLost) await forgetConcert(domain.main.redis, onSale.concertId);
      const claims = await domain.admit(onSale.concertId, buyer.claims.userId);
      const refusal = await refusalOf(domain.hold(claims, second, [1, 2]));
      expect(refusal).to.deep.include({ reason: 'SEAT_LIMIT_EXCEEDED', metadata: { limit: '4', owned: '3' } });
      const { reservationId } = await domain.hold(claims, second, [1]);
      await domain.main.reservations.release(claims, reservationId);
    }
  });

  it('sees no reservation of somebody else', async () => {
    const [mine, other] = [await domain.admit(onSale.concertId), await domain.admit(onSale.concertId)];
    const { reservationId } = await domain.hold(mine, onSale.performanceId, [1]);
    const { reservations } = domain.main;
    expect((await refusalOf(reservations.get(other, reservationId))).reason).to.equal('RESERVATION_NOT_FOUND');
    expect((await refusalOf(reservations.get(mine, randomUUID()))).reason).to.equal('RESERVATION_NOT_FOUND');
  });
});
