import { expect } from 'chai';
import type { Reservation } from '../../../src/reservation/index.ts';
import { performanceKeys, seatKey } from '../../../src/reservation/reservation.keys.ts';
import type { PlaceClaims } from '../../../src/shared/place-claims.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import { refusalOf } from '../../support/refusal.ts';

const HOLD_TTL_MS = 60_000;
const HOLD_EXTENSION_MS = 20_000;

describe('extending a hold', () => {
  let domain: TestDomain;
  let onSale: OnSale;
  let claims: PlaceClaims;
  let held: Reservation;

  before(async () => {
    domain = await TestDomain.open({ holdTtlMs: HOLD_TTL_MS, holdExtensionMs: HOLD_EXTENSION_MS });
  });

  after(() => domain.close());

  beforeEach(async () => {
    onSale = await domain.concert();
    claims = await domain.admit(onSale.concertId);
    held = await domain.hold(claims, onSale.performanceId, [1, 2]);
  });

  const extend = (key?: string) => domain.main.reservations.extend(claims, held.reservationId, key);

  it('moves the end of the hold, of its seats and of the admission', async () => {
    const { reservation, replayed } = await extend();
    const endsAtMs = held.expiresAtMs + HOLD_EXTENSION_MS;
    expect(replayed).to.equal(false);
    expect(reservation).to.deep.include({ state: 'HELD', expiresAtMs: endsAtMs, extended: true });
    const { redis } = domain.main;
    const { held: heldKey } = performanceKeys(onSale.concertId, onSale.performanceId);
    for (const seat of [1, 2]) {
      expect(await redis.pexpiretime(seatKey(onSale.concertId, onSale.performanceId, seat))).to.equal(endsAtMs - 1);
      expect(Number(await redis.zscore(heldKey, seat))).to.equal(endsAtMs);
    }
    expect((await domain.main.queue.position(claims)).admissionEndsAtMs).to.be.at.least(endsAtMs);
  });

  it('is done once', async () => {
    await extend();
    expect((await refusalOf(extend())).reason).to.equal('EXTENSION_USED');
  });

  it('gives the first outcome to a retry with the same key, and refuses the key for another reservation', async () => {
    const first = await extend('key-1');
    expect(await extend('key-1')).to.deep.include({ replayed: true });
    expect((await extend('key-1')).reservation.expiresAtMs).to.equal(first.reservation.expiresAtMs);
    await domain.main.reservations.release(claims, held.reservationId);
    expect((await extend('key-1')).replayed).to.equal(true);
    held = await domain.hold(claims, onSale.performanceId, [3]);
    expect((await refusalOf(extend('key-1'))).reason).to.equal('IDEMPOTENCY_KEY_REUSED');
  });

  it('is refused for what has ended or is being paid', async () => {
    await domain.main.reservationStore.fence(held);
    expect((await refusalOf(extend())).reason).to.equal('PAYMENT_IN_PROGRESS');
    held = await domain.hold(
      await (async () => (claims = await domain.admit(onSale.concertId)))(),
      onSale.performanceId,
      [5],
    );
    await domain.main.reservations.release(claims, held.reservationId);
    expect((await refusalOf(extend())).reason).to.equal('RESERVATION_RELEASED');
    const buyer = await domain.buyer(onSale, [7]);
    await buyer.pay();
    const paid = domain.main.reservations.extend(buyer.claims, buyer.reservation.reservationId, undefined);
    expect((await refusalOf(paid)).reason).to.equal('RESERVATION_PAID');
    const stranger = await domain.admit(onSale.concertId);
    const strangers = domain.main.reservations.extend(stranger, held.reservationId, undefined);
    expect((await refusalOf(strangers)).reason).to.equal('RESERVATION_NOT_FOUND');
  });

  it('never lets a hold outlive the beginning of the performance', async () => {
    const startsAt = new Date(Date.now() + HOLD_TTL_MS + HOLD_EXTENSION_MS / 2);
    const soon = await domain.concert({ performances: [{ startsAt, layout: undefined }] });
    const place = await domain.admit(soon.concertId);
    const hold = await domain.hold(place, soon.performanceId, [1]);
    const { reservation } = await domain.main.reservations.extend(place, hold.reservationId, undefined);
    expect(reservation.expiresAtMs).to.equal(startsAt.getTime());
    const minute = await domain.concert({
      performances: [{ startsAt: new Date(Date.now() + 30_000), layout: undefined }],
    });
    const late = await domain.admit(minute.concertId);
    const capped = await domain.hold(late, minute.performanceId, [1]);
    expect(capped.expiresAtMs).to.equal(minute.concert.performances[0]?.startsAt.getTime());
    const more = domain.main.reservations.extend(late, capped.reservationId, undefined);
    expect((await refusalOf(more)).reason).to.equal('PERFORMANCE_PAST');
  });
});
