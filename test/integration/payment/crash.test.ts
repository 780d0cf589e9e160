import { expect } from 'chai';
import { commitPayment } from '../../../src/payment/commit-payment.ts';
import type { Purchase } from '../../../src/payment/index.ts';
import { saleOf } from '../../../src/payment/purchase.ts';
import type { Reservation } from '../../../src/reservation/index.ts';
import { expectBooksInOrder } from '../../support/books.ts';
import { TestDomain, type Buyer, type OnSale } from '../../support/domain.ts';
import { forgetConcert, redisNowMs } from '../../support/redis.ts';
import { refusalOf } from '../../support/refusal.ts';
import { waitUntil } from '../../support/wait-until.ts';

const DEADLINE_MS = 500;

describe('a payment that a crash cut off', () => {
  let domain: TestDomain;
  let onSale: OnSale;

  before(async () => {
    domain = await TestDomain.open({ paymentDeadlineMs: DEADLINE_MS, clockSkewMs: 50 });
  });

  after(() => domain.close());

  beforeEach(async () => {
    onSale = await domain.concert();
  });

  afterEach(async () => {
    await expectBooksInOrder(domain);
    expect(domain.errors).to.deep.equal([]);
  });

  const stateOf = async ({ claims, reservation }: Buyer) =>
    (await domain.main.reservations.get(claims, reservation.reservationId)).state;
  const untilRounds = (buyer: Buyer, state: Reservation['state']) =>
    waitUntil(
      async () => {
        await domain.main.overdue.round();
        return (await stateOf(buyer)) === state;
      },
      { what: `the reservation is ${state}` },
    );

  /** Stops right after the fence. */
  async function fence({ reservation }: Buyer): Promise<Reservation> {
    const fenced = await domain.main.reservationStore.fence(reservation);
    if (fenced.kind !== 'fenced') throw new Error(`the fence came to ${fenced.kind}`);
    return fenced.reservation;
  }

  /** Stops right after the commit. */
  async function commit(buyer: Buyer, key?: string): Promise<Purchase> {
    const result = await commitPayment(domain.main.commitDeps, await fence(buyer), key);
    if (result.kind !== 'paid') throw new Error(`the commit came to ${result.kind}`);
    return result.purchase;
  }

  it('between fence and commit is left alone until it is past its deadline by the skew of the clocks', async () => {
    const buyer = await domain.buyer(onSale, [1]);
    const { paymentDeadlineMs } = await fence(buyer);
    await untilRounds(buyer, 'HELD');
    expect(await redisNowMs(domain.main.redis)).to.be.at.least(paymentDeadlineMs + 50);
  });

  it('between fence and commit is given back with the time that remained, and can be paid', async () => {
    const buyer = await domain.buyer(onSale, [1, 2]);
    const fenced = await fence(buyer);
    const remainingMs = buyer.reservation.expiresAtMs - fenced.asOfMs;
    await untilRounds(buyer, 'HELD');
    const back = await domain.main.reservations.get(buyer.claims, buyer.reservation.reservationId);
    expect(back.expiresAtMs - back.asOfMs).to.be.within(remainingMs - 1_000, remainingMs);
    const other = await domain.admit(onSale.concertId);
    expect((await refusalOf(domain.hold(other, onSale.performanceId, [2]))).reason).to.equal('SEAT_TAKEN');
    expect((await domain.main.queue.position(buyer.claims)).state).to.equal('ADMITTED');
    expect((await buyer.pay()).tickets).to.have.length(2);
  });

  it('between fence and commit is finished by its user who tries again: first told to wait, then served', async () => {
    const buyer = await domain.buyer(onSale, [1]);
    const { paymentDeadlineMs } = await fence(buyer);
    const patient = await domain.instance({ clockSkewMs: 60_000 });
    const isPast = async () => (await redisNowMs(domain.main.redis)) > paymentDeadlineMs + 50;
    await waitUntil(isPast, { what: 'the deadline has passed' });
    // An instance for which clocks may differ by more has to wait for longer.
    const refusal = await refusalOf(buyer.pay('key', patient));
    expect(refusal).to.include({ reason: 'PAYMENT_IN_PROGRESS', retryAfterMs: 1_000 });
    expect((await buyer.pay('key')).payment.balanceAfter).to.equal(950_000n);
  });

  it('between commit and settle is settled by the relay', async () => {
    const buyer = await domain.buyer(onSale, [1, 2]);
    await domain.main.queue.changePolicy(onSale.concertId, { capacity: 1 });
    const next = await domain.join(onSale.concertId);
    await commit(buyer);
    expect(await stateOf(buyer)).to.equal('PAYING');
    expect(await domain.main.relay.runOnce()).to.be.at.least(1);
    await expectSettled(buyer);
    expect((await domain.main.queue.position(next)).state).to.equal('ADMITTED');
    expect(await domain.main.relay.runOnce()).to.equal(0);
  });

  it('between commit and settle is settled by whoever finds it overdue', async () => {
    const buyer = await domain.buyer(onSale, [1, 2]);
    await commit(buyer);
    await untilRounds(buyer, 'PAID');
    await expectSettled(buyer);
  });

  it('between commit and settle is answered and settled when its user tries again', async () => {
    const buyer = await domain.buyer(onSale, [1, 2]);
    const { payment } = await commit(buyer, 'key');
    const again = await buyer.pay('key');
    expect([again.payment.id, again.replayed]).to.deep.equal([payment.id, true]);
    await expectSettled(buyer);
  });

  async function expectSettled(buyer: Buyer): Promise<void> {
    expect(await stateOf(buyer)).to.equal('PAID');
    expect((await domain.main.queue.position(buyer.claims)).state).to.equal('COMPLETED');
    expect(await domain.seats(onSale)).to.deep.equal({ sold: [1, 2], held: [] });
    expect(await domain.main.wallet.getBalance(buyer.claims.userId)).to.equal(900_000n);
  }

  it('is settled once however often it is settled', async () => {
    const buyer = await domain.buyer(onSale, [1, 2, 3]);
    const sale = saleOf(await commit(buyer));
    const { reservationStore, liveSeats } = domain.main;
    expect(await Promise.all([1, 2, 3].map(() => reservationStore.settle(sale)))).to.deep.equal([true, false, false]);
    const { version } = await liveSeats.seatMap(onSale.concertId, onSale.performanceId);
    expect(await reservationStore.settle(sale)).to.equal(false);
    expect((await liveSeats.seatMap(onSale.concertId, onSale.performanceId)).version).to.equal(version);
    // Three seats are owned, not six: one more may be held.
    const claims = await domain.admit(onSale.concertId, buyer.claims.userId);
    expect((await domain.hold(claims, onSale.performanceId, [4])).state).to.equal('HELD');
  });

  it('is settled into a Redis that has forgotten all about it', async () => {
    const buyer = await domain.buyer(onSale, [1]);
    await commit(buyer);
    await forgetConcert(domain.main.redis, onSale.concertId);
    await domain.main.relay.runOnce();
    expect((await domain.seats(onSale)).sold).to.deep.equal([1]);
    expect(await domain.main.reservationStore.read(onSale.concertId, buyer.reservation.reservationId)).to.equal(
      undefined,
    );
  });

  it('is settled late without touching the place and the hold that its user has since', async () => {
    const brief = await domain.instance({ paymentDeadlineMs: 500, paymentFenceMarginMs: 1, holdTtlMs: 10_000 });
    await domain.main.queue.changePolicy(onSale.concertId, { admissionTtlMs: 400 });
    const buyer = await domain.buyer(onSale, [1], brief);
    const fenced = await brief.reservationStore.fence(buyer.reservation);
    if (fenced.kind !== 'fenced') throw new Error(`the fence came to ${fenced.kind}`);
    expect((await commitPayment(brief.commitDeps, fenced.reservation, undefined)).kind).to.equal('paid');
    const hasEnded = async () => (await domain.main.queue.position(buyer.claims)).state === 'EXPIRED';
    await waitUntil(hasEnded, { what: 'the admission of the payer ran out' });
    await domain.main.queue.changePolicy(onSale.concertId, { admissionTtlMs: 60_000 });
    const claims = await domain.admit(onSale.concertId, buyer.claims.userId);
    const held = await domain.hold(claims, onSale.performanceId, [2]);
    await domain.main.relay.runOnce();
    expect((await domain.main.queue.position(claims)).state).to.equal('ADMITTED');
    expect(await refusalOf(domain.main.queue.leave(claims))).to.deep.include({
      reason: 'HOLD_ACTIVE',
      metadata: { reservation_id: held.reservationId },
    });
    expect(await domain.seats(onSale)).to.deep.equal({ sold: [1], held: [2] });
  });
});
