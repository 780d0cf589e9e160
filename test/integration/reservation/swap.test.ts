import { expect } from 'chai';
import type { Reservation } from '../../../src/reservation/index.ts';
import { performanceKeys } from '../../../src/reservation/reservation.keys.ts';
import type { PlaceClaims } from '../../../src/shared/place-claims.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import { refusalOf } from '../../support/refusal.ts';

const DAY_MS = 86_400_000;

describe('swapping seats', () => {
  let domain: TestDomain;
  let onSale: OnSale;
  let claims: PlaceClaims;
  let old: Reservation;

  before(async () => {
    domain = await TestDomain.open();
  });

  after(() => domain.close());

  beforeEach(async () => {
    onSale = await domain.concert();
    claims = await domain.admit(onSale.concertId);
    old = await domain.hold(claims, onSale.performanceId, [1, 2]);
  });

  const readOld = () => domain.main.reservations.get(claims, old.reservationId);

  it('takes the new seats and frees the old ones in one step, with the end of the old hold', async () => {
    const swapped = await domain.swap(claims, old, [3, 4]);
    expect(swapped.expiresAtMs).to.equal(old.expiresAtMs);
    expect(await domain.seats(onSale)).to.deep.equal({ held: [3, 4], sold: [] });
    expect(await readOld()).to.deep.include({ state: 'RELEASED', endReason: 'REPLACED' });
    const other = await domain.admit(onSale.concertId);
    await domain.hold(other, onSale.performanceId, [1, 2]);
  });

  it('may keep some of the seats', async () => {
    await domain.swap(claims, old, [2, 3]);
    expect(await domain.seats(onSale)).to.deep.equal({ held: [2, 3], sold: [] });
    const swapped = await domain.swap(claims, (await domain.main.reservations.list(claims, page())).items[0]!, [2, 3]);
    expect(swapped.seats.map(({ number }) => number)).to.deep.equal([2, 3]);
  });

  it('lists the newest first, also where several were made within a millisecond', async () => {
    const made = [old];
    for (let n = 0; n < 40; n += 1) made.unshift(await domain.swap(claims, made[0]!, [1 + (n % 2)]));
    const { items } = await domain.main.reservations.list(claims, page());
    expect(items.map(({ reservationId }) => reservationId)).to.deep.equal(
      made.slice(0, items.length).map(({ reservationId }) => reservationId),
    );
    expect(items.length).to.be.greaterThan(10);
  });

  it('may choose the best seats, the old ones among them', async () => {
    const swapped = await domain.swap(claims, old, { count: 4, section: undefined });
    expect(swapped.seats.map(({ number }) => number)).to.deep.equal([1, 2, 3, 4]);
    expect(await domain.seats(onSale)).to.deep.equal({ held: [1, 2, 3, 4], sold: [] });
  });

  it('leaves everything as it was where a new seat is taken', async () => {
    const other = await domain.admit(onSale.concertId);
    await domain.hold(other, onSale.performanceId, [4]);
    expect(await refusalOf(domain.swap(claims, old, [3, 4]))).to.deep.include({ reason: 'SEAT_TAKEN' });
    expect(await domain.seats(onSale)).to.deep.equal({ held: [1, 2, 4], sold: [] });
    expect(await readOld()).to.deep.include({ state: 'HELD', expiresAtMs: old.expiresAtMs });
    await domain.charge(claims.userId, 1_000_000n);
    await domain.main.payment.pay(claims, old.reservationId, undefined);
  });

  it('leaves everything as it was where so many do not stand side by side', async () => {
    const refusal = await refusalOf(domain.swap(claims, old, { count: 11, section: undefined }));
    expect(refusal.reason).to.equal('SEAT_LIMIT_EXCEEDED');
    const roomy = await domain.concert({ seatsPerUser: 50 });
    const place = await domain.admit(roomy.concertId);
    const held = await domain.hold(place, roomy.performanceId, [5]);
    expect((await refusalOf(domain.swap(place, held, { count: 11, section: undefined }))).reason).to.equal(
      'NO_ADJACENT_SEATS',
    );
    expect(await domain.seats(roomy)).to.deep.equal({ held: [5], sold: [] });
    const other = await domain.admit(roomy.concertId);
    const best = await domain.hold(other, roomy.performanceId, { count: 5, section: undefined });
    expect(best.seats.map(({ number }) => number)).to.deep.equal([6, 7, 8, 9, 10]);
  });

  it('never gives the best seat again that turned out to be sold to somebody else', async () => {
    await (await domain.buyer(onSale, [6])).pay();
    const { sold } = performanceKeys(onSale.concertId, onSale.performanceId);
    await domain.main.redis.setbit(sold, 6, 0);
    const unlucky = await domain.buyer(onSale, [6, 7]);
    expect((await refusalOf(unlucky.pay())).reason).to.equal('SEAT_LOST');
    const next = await domain.swap(unlucky.claims, unlucky.reservation, { count: 4, section: undefined });
    expect(next.seats.map(({ number }) => number)).to.deep.equal([7, 8, 9, 10]);
    expect(await domain.seats(onSale)).to.deep.equal({ held: [1, 2, 7, 8, 9, 10], sold: [6] });
  });

  it('may go to another performance of the concert', async () => {
    const startsAt = new Date(Date.now() + DAY_MS);
    const two = await domain.concert({ performances: [1, 2].map(() => ({ startsAt, layout: undefined })) });
    const [matinee = '', evening = ''] = two.concert.performances.map(({ performanceId }) => performanceId);
    const place = await domain.admit(two.concertId);
    const held = await domain.hold(place, matinee, [1, 2]);
    const swapped = await domain.swap(place, held, [2, 3], evening);
    expect(swapped.performanceId).to.equal(evening);
    expect(await domain.seats({ concertId: two.concertId, performanceId: matinee })).to.deep.equal({
      held: [],
      sold: [],
    });
    expect(await domain.seats({ concertId: two.concertId, performanceId: evening })).to.deep.equal({
      held: [2, 3],
      sold: [],
    });
  });

  it('wins no time: also the extension is used once', async () => {
    const { reservation } = await domain.main.reservations.extend(claims, old.reservationId, undefined);
    const swapped = await domain.swap(claims, reservation, [5]);
    expect(swapped).to.deep.include({ expiresAtMs: reservation.expiresAtMs, extended: true });
    const refusal = await refusalOf(domain.main.reservations.extend(claims, swapped.reservationId, undefined));
    expect(refusal.reason).to.equal('EXTENSION_USED');
  });

  it('is refused for what is no live hold of this user, by what became of it', async () => {
    const stranger = await domain.admit(onSale.concertId);
    expect((await refusalOf(domain.swap(stranger, old, [7]))).reason).to.equal('RESERVATION_NOT_FOUND');
    await domain.main.reservations.release(claims, old.reservationId);
    expect((await refusalOf(domain.swap(claims, old, [7]))).reason).to.equal('RESERVATION_RELEASED');
    expect(await domain.seats(onSale)).to.deep.equal({ held: [], sold: [] });
  });

  it('is refused while a payment runs', async () => {
    await domain.main.reservationStore.fence(old);
    expect((await refusalOf(domain.swap(claims, old, [7]))).reason).to.equal('PAYMENT_IN_PROGRESS');
    expect(await domain.seats(onSale)).to.deep.equal({ held: [1, 2], sold: [] });
  });

  function page() {
    return { pageSize: 0, pageToken: '' };
  }
});
