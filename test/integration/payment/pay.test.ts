import { expect } from 'chai';
import { seatKey } from '../../../src/reservation/reservation.keys.ts';
import { expectBooksInOrder } from '../../support/books.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import { forgetConcert, redisNowMs } from '../../support/redis.ts';
import { refusalOf } from '../../support/refusal.ts';
import { waitUntil } from '../../support/wait-until.ts';

const START_BALANCE = 1_000_000n;
const FIRST_PAGE = { pageSize: 0, pageToken: '' };

describe('paying a reservation', () => {
  let domain: TestDomain;
  let onSale: OnSale;

  before(async () => {
    domain = await TestDomain.open();
  });

  after(() => domain.close());

  beforeEach(async () => {
    onSale = await domain.concert();
  });

  afterEach(async () => {
    await expectBooksInOrder(domain);
    expect(domain.errors).to.deep.equal([]);
  });

  const balanceOf = (userId: string) => domain.main.wallet.getBalance(userId);

  it('takes the price, gives the tickets, says so to the ledger and the outbox', async () => {
    const { claims, reservation, pay } = await domain.buyer(onSale, [1, 2]);
    const { payment, tickets, replayed } = await pay('key');
    expect(replayed).to.equal(false);
    expect(payment).to.include({ amount: 100_000n, balanceAfter: 900_000n, currencyCode: 'KRW', state: 'PAID' });
    expect(payment).to.include({ userId: claims.userId, reservationId: reservation.reservationId });
    expect(tickets.map(({ seatNumber, price, state }) => [seatNumber, price, state])).to.deep.equal([
      [1, 50_000n, 'VALID'],
      [2, 50_000n, 'VALID'],
    ]);
    expect(await balanceOf(claims.userId)).to.equal(900_000n);
    const { items } = await domain.main.wallet.listEntries(claims.userId, FIRST_PAGE);
    expect(items[0]).to.include({ kind: 'PAYMENT', amount: -100_000n, balanceAfter: 900_000n, paymentId: payment.id });
    const events = await domain.sql(`select type from outbox_events where payload ->> 'paymentId' = ?`, [payment.id]);
    expect(events).to.deep.equal([{ type: 'PAID' }]);
    expect((await domain.main.payment.get(claims.userId, payment.id)).tickets).to.have.length(2);
  });

  it('makes the seats SOLD, completes the place, and lets the next one in', async () => {
    const { queue, reservations } = domain.main;
    await queue.changePolicy(onSale.concertId, { capacity: 1 });
    const { claims, reservation, pay } = await domain.buyer(onSale, [1]);
    const next = await domain.join(onSale.concertId);
    await pay();
    expect(await domain.seats(onSale)).to.deep.equal({ sold: [1], held: [] });
    expect((await queue.position(claims)).state).to.equal('COMPLETED');
    expect((await queue.position(next)).state).to.equal('ADMITTED');
    const paid = await reservations.get(claims, reservation.reservationId);
    expect(paid).to.include({ state: 'PAID', paymentDeadlineMs: 0 });
    expect((await refusalOf(domain.hold(next, onSale.performanceId, [1]))).reason).to.equal('SEAT_TAKEN');
  });

  it('gives the same purchase again to whoever repeats it, with or without a key', async () => {
    const { claims, pay } = await domain.buyer(onSale, [1]);
    const first = await pay('key');
    for (const key of ['key', 'another', undefined]) {
      const again = await pay(key);
      expect([again.payment.id, again.replayed]).to.deep.equal([first.payment.id, true]);
      expect(again.tickets.map((ticket) => ticket.id)).to.deep.equal(first.tickets.map((ticket) => ticket.id));
      expect(again.payment.balanceAfter).to.equal(950_000n);
    }
    expect(await balanceOf(claims.userId)).to.equal(950_000n);
  });

  it('gives the purchase again after Redis lost everything', async () => {
    const { claims, pay } = await domain.buyer(onSale, [1]);
    const first = await pay('key');
    await forgetConcert(domain.main.redis, onSale.concertId);
    expect((await pay('key')).payment.id).to.equal(first.payment.id);
    expect((await pay()).payment.id).to.equal(first.payment.id);
    expect(await balanceOf(claims.userId)).to.equal(950_000n);
  });

  it('is refused with too little money: the hold goes back with its time, and can be paid after a charge', async () => {
    const claims = await domain.admit(onSale.concertId);
    await domain.charge(claims.userId, 49_999n);
    const { reservationId, expiresAtMs } = await domain.hold(claims, onSale.performanceId, [1]);
    const pay = () => domain.main.payment.pay(claims, reservationId, 'key');
    expect(await refusalOf(pay())).to.deep.include({
      reason: 'INSUFFICIENT_BALANCE',
      metadata: { balance: '49999', price: '50000' },
    });
    const back = await domain.main.reservations.get(claims, reservationId);
    expect(back).to.include({ state: 'HELD', paymentDeadlineMs: 0 });
    // Later by no more than the payment took.
    expect(back.expiresAtMs - expiresAtMs).to.be.within(0, 2_000);
    const other = await domain.admit(onSale.concertId);
    expect((await refusalOf(domain.hold(other, onSale.performanceId, [1]))).reason).to.equal('SEAT_TAKEN');
    await domain.charge(claims.userId, 1n);
    expect((await pay()).payment.balanceAfter).to.equal(0n);
  });

  it('is refused to a user who was never charged', async () => {
    const claims = await domain.admit(onSale.concertId);
    const { reservationId } = await domain.hold(claims, onSale.performanceId, [1]);
    const refusal = await refusalOf(domain.main.payment.pay(claims, reservationId, undefined));
    expect(refusal).to.deep.include({ reason: 'INSUFFICIENT_BALANCE', metadata: { balance: '0', price: '50000' } });
  });

  it('is refused after the hold ended, and nothing is charged', async () => {
    const brief = await domain.instance({ holdTtlMs: 30 });
    const { claims, reservation, pay } = await domain.buyer(onSale, [1], brief);
    // The end is judged by the time, even if a seat's key were still there.
    await domain.main.redis.persist(seatKey(onSale.concertId, onSale.performanceId, 1));
    const isOver = async () => (await redisNowMs(domain.main.redis)) > reservation.expiresAtMs;
    await waitUntil(isOver, { what: 'the hold is over' });
    expect((await refusalOf(pay())).reason).to.equal('HOLD_EXPIRED');
    expect(await balanceOf(claims.userId)).to.equal(START_BALANCE);
  });

  it('is refused after a release, and nothing is charged', async () => {
    const { claims, reservation, pay } = await domain.buyer(onSale, [1]);
    await domain.main.reservations.release(claims, reservation.reservationId);
    expect((await refusalOf(pay())).reason).to.equal('RESERVATION_RELEASED');
    expect(await balanceOf(claims.userId)).to.equal(START_BALANCE);
  });

  it('is refused to another user, before and after it is paid, and after Redis lost it', async () => {
    const { reservation, pay } = await domain.buyer(onSale, [1]);
    const other = await domain.admit(onSale.concertId);
    await domain.charge(other.userId, START_BALANCE);
    const steal = () => refusalOf(domain.main.payment.pay(other, reservation.reservationId, 'key'));
    expect((await steal()).reason).to.equal('RESERVATION_NOT_FOUND');
    // The script judges too, not only the service before it.
    const stolen = await domain.main.reservationStore.fence({ ...reservation, userId: other.userId });
    expect(stolen.kind).to.equal('not-found');
    const { payment } = await pay('key');
    expect((await steal()).reason).to.equal('RESERVATION_NOT_FOUND');
    await forgetConcert(domain.main.redis, onSale.concertId);
    expect((await steal()).reason).to.equal('RESERVATION_NOT_FOUND');
    expect((await refusalOf(domain.main.payment.get(other.userId, payment.id))).reason).to.equal('PAYMENT_NOT_FOUND');
    expect(await balanceOf(other.userId)).to.equal(START_BALANCE);
  });

  it('is refused with the key of another reservation, whose hold then lives on', async () => {
    const second = await domain.concert();
    const { claims, pay } = await domain.buyer(onSale, [1]);
    await pay('key');
    const again = await domain.admit(second.concertId, claims.userId);
    const { reservationId } = await domain.hold(again, second.performanceId, [1]);
    const payAgain = (key: string) => domain.main.payment.pay(again, reservationId, key);
    expect((await refusalOf(payAgain('key'))).reason).to.equal('IDEMPOTENCY_KEY_REUSED');
    expect((await domain.main.reservations.get(again, reservationId)).state).to.equal('HELD');
    expect(await balanceOf(claims.userId)).to.equal(950_000n);
    expect((await payAgain('other')).payment.balanceAfter).to.equal(900_000n);
  });
});
