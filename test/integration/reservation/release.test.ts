import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { seatKey } from '../../../src/reservation/reservation.keys.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import { redisNowMs } from '../../support/redis.ts';
import { refusalOf } from '../../support/refusal.ts';
import { waitUntil } from '../../support/wait-until.ts';

describe('releasing a reservation', () => {
  let domain: TestDomain;
  let onSale: OnSale;

  before(async () => {
    domain = await TestDomain.open();
  });

  after(() => domain.close());

  beforeEach(async () => {
    onSale = await domain.concert();
  });

  it('frees its seats at once, and doing it again succeeds', async () => {
    const { reservations, redis } = domain.main;
    const claims = await domain.admit(onSale.concertId);
    const { reservationId } = await domain.hold(claims, onSale.performanceId, [1, 2]);
    expect((await reservations.release(claims, reservationId)).state).to.equal('RELEASED');
    expect((await reservations.release(claims, reservationId)).state).to.equal('RELEASED');
    expect(await redis.exists(seatKey(onSale.concertId, onSale.performanceId, 1))).to.equal(0);
    const other = await domain.admit(onSale.concertId);
    const taken = await domain.hold(other, onSale.performanceId, [1, 2]);
    // Released once more, it does not take the seats of the one who has them now.
    await reservations.release(claims, reservationId);
    expect((await reservations.get(other, taken.reservationId)).state).to.equal('HELD');
    expect((await domain.seats(onSale)).held).to.deep.equal([1, 2]);
  });

  it('is NOT_FOUND for somebody else’s, and leaves that hold as it is', async () => {
    const [mine, other] = [await domain.admit(onSale.concertId), await domain.admit(onSale.concertId)];
    const { reservations, reservationStore } = domain.main;
    const reservation = await domain.hold(mine, onSale.performanceId, [1]);
    const refusal = await refusalOf(reservations.release(other, reservation.reservationId));
    expect(refusal.reason).to.equal('RESERVATION_NOT_FOUND');
    // The script judges too, not only the service before it.
    const stolen = await reservationStore.release({ ...reservation, userId: other.userId });
    expect(stolen).to.deep.equal({ kind: 'not-found' });
    expect((await refusalOf(reservations.release(mine, randomUUID()))).reason).to.equal('RESERVATION_NOT_FOUND');
    expect((await reservations.get(mine, reservation.reservationId)).state).to.equal('HELD');
    expect((await refusalOf(domain.hold(other, onSale.performanceId, [1]))).reason).to.equal('SEAT_TAKEN');
  });

  it('is refused while it is being paid', async () => {
    const claims = await domain.admit(onSale.concertId);
    const reservation = await domain.hold(claims, onSale.performanceId, [1]);
    await domain.main.reservationStore.fence(reservation);
    const refusal = await refusalOf(domain.main.reservations.release(claims, reservation.reservationId));
    expect(refusal).to.include({ reason: 'PAYMENT_IN_PROGRESS', retryAfterMs: 1_000 });
    expect((await refusalOf(domain.main.queue.leave(claims))).reason).to.equal('HOLD_ACTIVE');
    const other = await domain.admit(onSale.concertId);
    expect((await refusalOf(domain.hold(other, onSale.performanceId, [1]))).reason).to.equal('SEAT_TAKEN');
  });

  it('is refused once it is paid', async () => {
    const buyer = await domain.buyer(onSale, [1]);
    await buyer.pay();
    const refusal = await refusalOf(domain.main.reservations.release(buyer.claims, buyer.reservation.reservationId));
    expect(refusal.reason).to.equal('RESERVATION_PAID');
  });

  it('lets the place be left, which the hold did not', async () => {
    const { queue, reservations } = domain.main;
    const claims = await domain.admit(onSale.concertId);
    const { reservationId } = await domain.hold(claims, onSale.performanceId, [1]);
    const refusal = await refusalOf(queue.leave(claims));
    expect(refusal).to.deep.include({ reason: 'HOLD_ACTIVE', metadata: { reservation_id: reservationId } });
    await reservations.release(claims, reservationId);
    expect((await queue.leave(claims)).state).to.equal('LEFT');
  });

  it('gives the admission its own end again, also where that has passed', async () => {
    const { queue, reservations, redis } = domain.main;
    const claims = await domain.admit(onSale.concertId);
    const { admissionEndsAtMs } = await queue.position(claims);
    const first = await domain.hold(claims, onSale.performanceId, [1]);
    await reservations.release(claims, first.reservationId);
    expect(await queue.position(claims)).to.include({ state: 'ADMITTED', admissionEndsAtMs });

    const short = await domain.concert();
    await queue.changePolicy(short.concertId, { admissionTtlMs: 300 });
    const brief = await domain.admit(short.concertId);
    const { admissionEndsAtMs: endMs } = await queue.position(brief);
    const second = await domain.hold(brief, short.performanceId, [1]);
    await waitUntil(async () => (await redisNowMs(redis)) > endMs, { what: 'the admission would have ended' });
    expect((await queue.position(brief)).state).to.equal('ADMITTED');
    await reservations.release(brief, second.reservationId);
    expect((await queue.position(brief)).state).to.equal('EXPIRED');
  });
});
