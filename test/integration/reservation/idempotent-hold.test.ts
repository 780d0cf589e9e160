import { expect } from 'chai';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import { refusalOf } from '../../support/refusal.ts';
import { waitUntil } from '../../support/wait-until.ts';

describe('holding seats with an idempotency key', () => {
  let domain: TestDomain;
  let onSale: OnSale;

  before(async () => {
    domain = await TestDomain.open();
  });

  after(() => domain.close());

  beforeEach(async () => {
    onSale = await domain.concert();
  });

  it('gives the same reservation again, marked as a replay, also to calls at the same time', async () => {
    const claims = await domain.admit(onSale.concertId);
    const target = { performanceId: onSale.performanceId };
    const common = { claims, target, replaceReservationId: undefined, idempotencyKey: 'key' };
    const hold = (wanted: readonly number[]) => domain.main.reservations.holdSeats({ ...common, wanted });
    const results = await Promise.all(Array.from({ length: 10 }, () => hold([1, 2])));
    results.push(await hold([2, 1]));
    expect(new Set(results.map(({ reservation }) => reservation.reservationId)).size).to.equal(1);
    expect(results.filter(({ replayed }) => !replayed)).to.have.length(1);
  });

  it('gives it again after the admission has ended', async () => {
    await domain.main.queue.changePolicy(onSale.concertId, { admissionTtlMs: 400 });
    const brief = await domain.instance({ holdTtlMs: 50 });
    const claims = await domain.admit(onSale.concertId);
    const first = await domain.hold(claims, onSale.performanceId, [1], 'key', brief);
    const hasEnded = async () => (await domain.main.queue.position(claims)).state === 'EXPIRED';
    await waitUntil(hasEnded, { what: 'the admission ran out' });
    const again = await domain.hold(claims, onSale.performanceId, [1], 'key');
    expect([again.reservationId, again.state]).to.deep.equal([first.reservationId, 'EXPIRED']);
    expect((await refusalOf(domain.hold(claims, onSale.performanceId, [1], 'other'))).reason).to.equal('NOT_ADMITTED');
  });

  it('refuses the key for another request, and holds nothing', async () => {
    const claims = await domain.admit(onSale.concertId);
    const { reservationId } = await domain.hold(claims, onSale.performanceId, [1], 'key');
    const refusal = await refusalOf(domain.hold(claims, onSale.performanceId, [2], 'key'));
    expect(refusal.reason).to.equal('IDEMPOTENCY_KEY_REUSED');
    await domain.main.reservations.release(claims, reservationId);
    expect((await refusalOf(domain.hold(claims, onSale.performanceId, [2], 'key'))).reason).to.equal(
      'IDEMPOTENCY_KEY_REUSED',
    );
    expect((await domain.seats(onSale)).held).to.deep.equal([]);
  });

  it('stores nothing of a refusal: the key may be used again, for another request too', async () => {
    const [claims, other] = [await domain.admit(onSale.concertId), await domain.admit(onSale.concertId)];
    const { reservationId } = await domain.hold(other, onSale.performanceId, [1], 'key');
    expect((await refusalOf(domain.hold(claims, onSale.performanceId, [1], 'key'))).reason).to.equal('SEAT_TAKEN');
    await domain.main.reservations.release(other, reservationId);
    expect((await domain.hold(claims, onSale.performanceId, [1, 2], 'key')).state).to.equal('HELD');
  });

  it('keeps the keys of two users apart', async () => {
    const [claims, other] = [await domain.admit(onSale.concertId), await domain.admit(onSale.concertId)];
    const first = await domain.hold(claims, onSale.performanceId, [1], 'key');
    const second = await domain.hold(other, onSale.performanceId, [2], 'key');
    expect(first.reservationId).not.to.equal(second.reservationId);
  });
});
