import { expect } from 'chai';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import type { Instance } from '../../support/instance.ts';
import { refusalOf, settledCalls } from '../../support/refusal.ts';

describe('holding seats', () => {
  let domain: TestDomain;
  let other: Instance;
  let onSale: OnSale;

  before(async () => {
    domain = await TestDomain.open();
    other = await domain.instance();
  });

  after(() => domain.close());

  beforeEach(async () => {
    onSale = await domain.concert();
  });

  async function admitMany(count: number) {
    return Promise.all(Array.from({ length: count }, () => domain.admit(onSale.concertId)));
  }

  it('gives a seat that fifty want at once, at two instances, to exactly one of them', async () => {
    const fans = await admitMany(50);
    const { results, refusals } = await settledCalls(
      fans.map((claims, index) =>
        domain.hold(claims, onSale.performanceId, [7], undefined, index % 2 === 0 ? domain.main : other),
      ),
    );
    expect(results).to.have.length(1);
    expect(new Set(refusals.map((refusal) => refusal.reason))).to.deep.equal(new Set(['SEAT_TAKEN']));
    expect((await domain.seats(onSale)).held).to.deep.equal([7]);
  });

  it('gives every seat once where many want overlapping groups at once', async () => {
    const fans = await admitMany(30);
    const { results } = await settledCalls(
      fans.map((claims, index) => {
        const first = (index % 10) + 1;
        return domain.hold(claims, onSale.performanceId, [first, first + 1, first + 2]);
      }),
    );
    const numbers = results.flatMap((reservation) => reservation.seats.map((seat) => seat.number));
    expect(new Set(numbers).size).to.equal(numbers.length);
    expect(numbers.toSorted((a, b) => a - b)).to.deep.equal((await domain.seats(onSale)).held);
  });

  it('answers with the reservation: seats by number, prices of the catalog, its end and its place', async () => {
    const claims = await domain.admit(onSale.concertId);
    const reservation = await domain.hold(claims, onSale.performanceId, [9, 2]);
    expect(reservation).to.include({
      state: 'HELD',
      userId: claims.userId,
      concertId: onSale.concertId,
      performanceId: onSale.performanceId,
      currencyCode: 'KRW',
      placeNumber: claims.number,
      placeEpoch: claims.epoch,
      paymentDeadlineMs: 0,
    });
    expect(reservation.seats).to.deep.equal([
      { number: 2, price: 50_000n },
      { number: 9, price: 50_000n },
    ]);
    expect(reservation.expiresAtMs - reservation.createdAtMs).to.equal(3_600_000);
    const read = await domain.main.reservations.get(claims, reservation.reservationId);
    expect({ ...read, asOfMs: 0 }).to.deep.equal({ ...reservation, asOfMs: 0 });
  });

  it('holds all or none: a taken seat is refused with the taken ones and the nearest free, and nothing else is held', async () => {
    const [first, second] = await admitMany(2);
    await domain.hold(first!, onSale.performanceId, [3, 4]);
    const refusal = await refusalOf(domain.hold(second!, onSale.performanceId, [2, 3, 4, 5]));
    expect(refusal.reason).to.equal('SEAT_TAKEN');
    expect(refusal.metadata).to.deep.equal({ seat_numbers: '3,4', nearest_free: '2,5,1,6,7,8' });
    expect((await domain.seats(onSale)).held).to.deep.equal([3, 4]);
    const { reservations } = domain.main;
    expect((await reservations.list(second!, { pageSize: 0, pageToken: '' })).items).to.deep.equal([]);
    expect((await domain.hold(second!, onSale.performanceId, [2, 5])).state).to.equal('HELD');
  });

  it('refuses seats that there are not, a performance of another concert, and one that has begun', async () => {
    const claims = await domain.admit(onSale.concertId);
    const another = await domain.concert();
    expect(await refusalOf(domain.hold(claims, onSale.performanceId, [50, 51, 99]))).to.deep.include({
      reason: 'SEAT_NOT_FOUND',
      metadata: { seat_numbers: '51,99' },
    });
    const mismatch = await refusalOf(domain.hold(claims, another.performanceId, [1]));
    expect(mismatch.reason).to.equal('TOKEN_CONCERT_MISMATCH');
    await domain.sql(`update performances set starts_at = now() - interval '1 s' where id = ?`, [onSale.performanceId]);
    // An instance of its own has not seen the performance as it was before.
    const late = await domain.instance();
    const begun = await refusalOf(domain.hold(claims, onSale.performanceId, [1], undefined, late));
    expect(begun.reason).to.equal('PERFORMANCE_PAST');
  });

  it('finds the performance by its date too', async () => {
    const claims = await domain.admit(onSale.concertId);
    const date = onSale.concert.performances[0]?.date ?? '';
    const target = { concertId: onSale.concertId, date };
    const held = await domain.main.reservations.holdSeats({
      claims,
      target,
      wanted: [1],
      replaceReservationId: undefined,
      idempotencyKey: undefined,
    });
    expect(held.reservation.performanceId).to.equal(onSale.performanceId);
  });

  it('keeps the seats of two performances apart', async () => {
    const startsAt = (hours: number) => new Date(Date.now() + hours * 3_600_000);
    const layout = undefined;
    const two = await domain.concert({
      performances: [
        { startsAt: startsAt(24), layout },
        { startsAt: startsAt(48), layout },
      ],
    });
    const [first, second] = [await domain.admit(two.concertId), await domain.admit(two.concertId)];
    await domain.hold(first, two.concert.performances[0]!.performanceId, [1]);
    await domain.hold(second, two.concert.performances[1]!.performanceId, [1]);
  });
});
