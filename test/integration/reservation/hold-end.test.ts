import { expect } from 'chai';
import { performanceKeys, seatKey } from '../../../src/reservation/reservation.keys.ts';
import type { Reservation } from '../../../src/reservation/index.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import type { Instance } from '../../support/instance.ts';
import { redisNowMs } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';

const HOLD_TTL_MS = 400;

describe('the end of a hold', () => {
  let domain: TestDomain;
  let patient: Instance;
  let onSale: OnSale;

  before(async () => {
    domain = await TestDomain.open({ holdTtlMs: HOLD_TTL_MS });
    patient = await domain.instance();
  });

  after(() => domain.close());

  beforeEach(async () => {
    onSale = await domain.concert();
  });

  const untilOver = async ({ expiresAtMs }: Reservation): Promise<void> =>
    waitUntil(async () => (await redisNowMs(domain.main.redis)) > expiresAtMs, { what: 'the time of the hold is up' });
  const keyOf = (seatNumber: number) => seatKey(onSale.concertId, onSale.performanceId, seatNumber);

  it('is the expiry of the seats’ own keys, which vanish by themselves', async () => {
    const { redis } = domain.main;
    const reservation = await domain.hold(await domain.admit(onSale.concertId), onSale.performanceId, [1, 2]);
    expect(await redis.mget(keyOf(1), keyOf(2))).to.deep.equal([reservation.reservationId, reservation.reservationId]);
    const expiries = await Promise.all([redis.pexpiretime(keyOf(1)), redis.pexpiretime(keyOf(2))]);
    // Redis keeps a key through the very millisecond of its expiry: a hold ends with the millisecond of its end.
    const lapsesAtMs = reservation.expiresAtMs - 1;
    expect(expiries).to.deep.equal([lapsesAtMs, lapsesAtMs]);
    await untilOver(reservation);
    expect(await redis.exists(keyOf(1), keyOf(2))).to.equal(0);
  });

  it('frees the seats for the next one without anything having run, and the next hold is whole', async () => {
    const first = await domain.hold(await domain.admit(onSale.concertId), onSale.performanceId, [1, 2]);
    const second = await domain.admit(onSale.concertId);
    await untilOver(first);
    // What an index says is judged by the time: it still has the seats of the hold that ran out.
    const { held } = performanceKeys(onSale.concertId, onSale.performanceId);
    expect(await domain.main.redis.zcard(held)).to.equal(2);
    const taken = await domain.main.liveSeats.takenSeats(onSale.concertId, [onSale.performanceId]);
    expect(taken.get(onSale.performanceId)).to.equal(0);
    expect((await domain.seats(onSale)).held).to.deep.equal([]);
    const next = await domain.hold(second, onSale.performanceId, [2, 3], undefined, patient);
    expect((await domain.seats(onSale)).held).to.deep.equal([2, 3]);
    expect(await domain.main.redis.get(keyOf(2))).to.equal(next.reservationId);
  });

  it('shows the reservation as EXPIRED, and its user may hold again', async () => {
    const claims = await domain.admit(onSale.concertId);
    const reservation = await domain.hold(claims, onSale.performanceId, [1]);
    await untilOver(reservation);
    const { reservations } = domain.main;
    expect((await reservations.get(claims, reservation.reservationId)).state).to.equal('EXPIRED');
    const again = await domain.hold(claims, onSale.performanceId, [1]);
    expect(again.reservationId).not.to.equal(reservation.reservationId);
    const { items } = await reservations.list(claims, { pageSize: 0, pageToken: '' });
    expect(items.map((each) => [each.reservationId, each.state])).to.deep.equal([
      [again.reservationId, 'HELD'],
      [reservation.reservationId, 'EXPIRED'],
    ]);
  });

  it('leaves a later hold of the same seats alone when the first one is released afterwards', async () => {
    const [first, second] = [await domain.admit(onSale.concertId), await domain.admit(onSale.concertId)];
    const old = await domain.hold(first, onSale.performanceId, [1]);
    await untilOver(old);
    const later = await domain.hold(second, onSale.performanceId, [1], undefined, patient);
    expect((await domain.main.reservations.release(first, old.reservationId)).state).to.equal('EXPIRED');
    expect(await domain.main.redis.get(keyOf(1))).to.equal(later.reservationId);
  });

  it('is the end of its holder’s admission where that would have ended before, and not earlier', async () => {
    const { queue, queueStore } = domain.main;
    await queue.changePolicy(onSale.concertId, { admissionTtlMs: 350, capacity: 1 });
    const longer = await domain.instance({ holdTtlMs: 900 });
    const claims = await domain.admit(onSale.concertId);
    const { admissionEndsAtMs } = await queue.position(claims);
    const reservation = await domain.hold(claims, onSale.performanceId, [1], undefined, longer);
    expect(reservation.expiresAtMs).to.be.greaterThan(admissionEndsAtMs);
    const next = await domain.join(onSale.concertId);
    const isPastAdmission = async () => (await redisNowMs(domain.main.redis)) > admissionEndsAtMs;
    await waitUntil(isPastAdmission, { what: 'the admission would have ended' });
    const during = await queue.position(claims);
    await queueStore.advance(onSale.concertId);
    expect(during).to.include({ state: 'ADMITTED', admissionEndsAtMs: reservation.expiresAtMs });
    await untilOver(reservation);
    expect((await queue.position(claims)).state).to.equal('EXPIRED');
    await queueStore.advance(onSale.concertId);
    expect((await queue.position(next)).state).to.equal('ADMITTED');
    expect((await queue.position(claims)).state).to.equal('EXPIRED');
  });

  it('leaves the admission its own end where that is later', async () => {
    const claims = await domain.admit(onSale.concertId);
    const { admissionEndsAtMs } = await domain.main.queue.position(claims);
    const reservation = await domain.hold(claims, onSale.performanceId, [1]);
    await untilOver(reservation);
    expect(await domain.main.queue.position(claims)).to.include({ state: 'ADMITTED', admissionEndsAtMs });
  });

  it('is never after the beginning of the performance, also where a payment stopped its clock', async () => {
    const startsAt = new Date(Date.now() + 2_000);
    const sale = await domain.concert({ performances: [{ startsAt, layout: undefined }] });
    const longer = await domain.instance({ holdTtlMs: 60_000 });
    const claims = await domain.admit(sale.concertId);
    const held = await domain.hold(claims, sale.performanceId, [1], undefined, longer);
    expect(held.expiresAtMs).to.equal(startsAt.getTime());
    const fenced = await longer.reservationStore.fence(held);
    if (fenced.kind !== 'fenced') throw new Error(`the fence came to ${fenced.kind}`);
    const isLater = async () => (await redisNowMs(domain.main.redis)) > fenced.reservation.asOfMs + 100;
    await waitUntil(isLater, { what: 'the payment took its time' });
    expect(await longer.reservationStore.giveBack(fenced.reservation, 'refused')).to.equal(true);
    const back = await domain.main.reservations.get(claims, held.reservationId);
    expect(back).to.include({ state: 'HELD', expiresAtMs: startsAt.getTime() });
  });
});
