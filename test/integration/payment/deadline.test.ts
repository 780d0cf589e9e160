import { expect } from 'chai';
import pg from 'pg';
import { translatePostgresError } from '../../../src/infrastructure/postgres/errors.ts';
import { commitPayment } from '../../../src/payment/commit-payment.ts';
import { payingKey, reservationKey } from '../../../src/reservation/reservation.keys.ts';
import type { Reservation } from '../../../src/reservation/index.ts';
import { expectBooksInOrder } from '../../support/books.ts';
import { TestDomain, type Buyer, type OnSale } from '../../support/domain.ts';
import type { Instance } from '../../support/instance.ts';
import { redisNowMs } from '../../support/redis.ts';
import { refusalOf } from '../../support/refusal.ts';
import { waitUntil } from '../../support/wait-until.ts';

describe('the deadline of a payment', () => {
  let domain: TestDomain;
  let onSale: OnSale;

  before(async () => {
    domain = await TestDomain.open();
  });

  after(() => domain.close());

  beforeEach(async () => {
    onSale = await domain.concert();
  });

  afterEach(() => expectBooksInOrder(domain));

  const untilPast = (timeMs: number) =>
    waitUntil(async () => (await redisNowMs(domain.main.redis)) > timeMs, { what: 'the time has passed' });

  async function fence(by: Instance, { reservation }: Buyer): Promise<Reservation> {
    const fenced = await by.reservationStore.fence(reservation);
    if (fenced.kind !== 'fenced') throw new Error(`the fence came to ${fenced.kind}`);
    return fenced.reservation;
  }

  it('is what the seats outlive: nobody can hold them after the hold’s own end, and the payment succeeds', async () => {
    const brief = await domain.instance({ holdTtlMs: 500 });
    const buyer = await domain.buyer(onSale, [1, 2], brief);
    const other = await domain.admit(onSale.concertId);
    const fenced = await fence(brief, buyer);
    await untilPast(buyer.reservation.expiresAtMs + 20);
    expect((await refusalOf(domain.hold(other, onSale.performanceId, [2]))).reason).to.equal('SEAT_TAKEN');
    expect((await domain.seats(onSale)).held).to.deep.equal([1, 2]);
    expect((await domain.main.reservations.get(buyer.claims, fenced.reservationId)).state).to.equal('PAYING');
    expect((await commitPayment(brief.commitDeps, fenced, undefined)).kind).to.equal('paid');
  });

  it('is shared by payments of the reservation that begin while one runs', async () => {
    const buyer = await domain.buyer(onSale, [1]);
    const first = await fence(domain.main, buyer);
    const second = await fence(domain.main, buyer);
    expect(second.paymentDeadlineMs).to.equal(first.paymentDeadlineMs);
    // One of the two is refused: the other one still runs, so the hold stays fenced.
    expect(await domain.main.reservationStore.giveBack(first, 'refused')).to.equal(false);
    expect(await domain.main.reservationStore.giveBack(second, 'refused')).to.equal(true);
    expect(await domain.main.reservationStore.giveBack(second, 'overdue')).to.equal(false);
  });

  it('keeps the record of the reservation for as long as the payment runs, whatever its time to stay readable', async () => {
    const buyer = await domain.buyer(onSale, [1]);
    const key = reservationKey(onSale.concertId, buyer.reservation.reservationId);
    const fenced = await fence(domain.main, buyer);
    expect(await domain.main.redis.pttl(key)).to.equal(-1);
    await domain.main.reservationStore.giveBack(fenced, 'refused');
    expect(await domain.main.redis.pttl(key)).to.be.greaterThan(0);
    await buyer.pay();
    expect(await domain.main.redis.pttl(key)).to.be.greaterThan(0);
  });

  it('is looked for only while the payment runs', async () => {
    const buyer = await domain.buyer(onSale, [1]);
    const listed = () => domain.main.redis.zrange(payingKey(onSale.concertId), '0', '-1');
    const fenced = await fence(domain.main, buyer);
    expect(await listed()).to.deep.equal([fenced.reservationId]);
    await domain.main.reservationStore.giveBack(fenced, 'refused');
    expect(await listed()).to.deep.equal([]);
    await buyer.pay();
    expect(await listed()).to.deep.equal([]);
  });

  it('lets no transaction in that begins after it: refused, nothing is charged', async () => {
    const hasty = await domain.instance({ paymentDeadlineMs: 100 });
    const buyer = await domain.buyer(onSale, [1]);
    const fenced = await fence(hasty, buyer);
    await untilPast(fenced.paymentDeadlineMs);
    const result = await commitPayment(hasty.commitDeps, fenced, undefined);
    expect(result.kind === 'refused' && result.cause).to.include({ reason: 'PAYMENT_IN_PROGRESS' });
    expect(await domain.main.wallet.getBalance(buyer.claims.userId)).to.equal(1_000_000n);
  });

  it('of a payment before is not the one of a later payment: what wakes up late gives nothing back', async () => {
    const hasty = await domain.instance({ paymentDeadlineMs: 100, clockSkewMs: 0 });
    const buyer = await domain.buyer(onSale, [1]);
    const late = await fence(hasty, buyer);
    await untilPast(late.paymentDeadlineMs);
    expect(await domain.main.reservationStore.giveBack(late, 'overdue')).to.equal(true);
    const fresh = await fence(domain.main, buyer);
    expect(await hasty.reservationStore.giveBack(late, 'refused')).to.equal(false);
    expect(await hasty.reservationStore.giveBack(late, 'overdue')).to.equal(false);
    expect((await commitPayment(domain.main.commitDeps, fresh, undefined)).kind).to.equal('paid');
  });

  it('ends a transaction that dawdles past it: refused, nothing is charged, and the hold goes back', async () => {
    const hasty = await domain.instance({ paymentDeadlineMs: 400, poolSize: 1 });
    const buyer = await domain.buyer(onSale, [1]);
    const blocker = new pg.Client({ connectionString: domain.databaseUrl });
    await blocker.connect();
    try {
      await blocker.query('begin');
      await blocker.query('select 1 from wallets where user_id = $1 for update', [buyer.claims.userId]);
      const outcome: unknown = await buyer.pay('key', hasty).catch((reason: unknown) => reason);
      expect(translatePostgresError(outcome)?.reason).to.equal('STORE_UNAVAILABLE');
      const { state } = await domain.main.reservations.get(buyer.claims, buyer.reservation.reservationId);
      expect(state).to.equal('HELD');
      await blocker.query('rollback');
    } finally {
      await blocker.end();
    }
    expect(await domain.main.wallet.getBalance(buyer.claims.userId)).to.equal(1_000_000n);
    // The pool of that instance lost its only connection, and has another one now.
    expect((await buyer.pay('key', hasty)).payment.balanceAfter).to.equal(950_000n);
  });
});
