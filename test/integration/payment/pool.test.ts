import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { expectBooksInOrder } from '../../support/books.ts';
import { TestDomain, type Buyer } from '../../support/domain.ts';
import { forgetConcert } from '../../support/redis.ts';
import { refusalOf } from '../../support/refusal.ts';

const ALL_SEATS = { state: undefined, section: undefined };

describe('a pool of one connection', () => {
  let domain: TestDomain;

  before(async () => {
    domain = await TestDomain.open({ poolSize: 1 });
  });

  after(() => domain.close());

  afterEach(() => expectBooksInOrder(domain));

  it('is enough for every use case, several of each at once', async () => {
    const { wallet, queue, payment, catalog, liveSeats, stock, relay, overdue } = domain.main;
    const { refunds, cancellations, cancellationTicker } = domain.main;
    const sales = await Promise.all([1, 2, 3].map(() => domain.concert()));
    const onSale = sales[0]!;
    const buyers: Buyer[] = [];
    for (let seat = 1; seat <= 6; seat += 1) buyers.push(await domain.buyer(onSale, [seat]));
    const [first, second] = await Promise.all(buyers.map(({ pay }) => pay('key')));
    await Promise.all(buyers.map(({ pay }) => pay('key')));
    await forgetConcert(domain.main.redis, onSale.concertId);
    await Promise.all(buyers.map(({ pay }) => pay('other')));
    const userId = buyers[0]!.claims.userId;
    await Promise.all([
      domain.charge(userId, 1n),
      domain.charge(userId, 1n),
      wallet.listEntries(userId, { pageSize: 0, pageToken: '' }),
      queue.changePolicy(onSale.concertId, { capacity: 9 }),
      queue.changePolicy(onSale.concertId, { burst: 9 }),
      queue.issueToken(onSale.concertId, randomUUID()),
      catalog.listAvailableDates(onSale.concertId),
      catalog.listSeats({ performanceId: onSale.performanceId }, ALL_SEATS, onSale.concertId),
      liveSeats.load(onSale.concertId, onSale.performanceId),
      liveSeats.reload(onSale.concertId, onSale.performanceId),
      stock.publish(onSale.concertId),
      payment.listTickets(userId, { pageSize: 0, pageToken: '' }),
      refunds.refund({ paymentId: first!.payment.id, ticketIds: [], idempotencyKey: 'first' }),
      refunds.refund({ paymentId: second!.payment.id, ticketIds: [], idempotencyKey: 'second' }),
      cancellations.cancel(sales[1]!.performanceId),
      cancellationTicker.round(),
      relay.runOnce(),
      overdue.round(),
    ]);
    expect((await domain.seats(onSale)).sold).to.have.length(4);
    expect(domain.errors).to.deep.equal([]);
  });

  it('is free again after each refusal', async () => {
    const onSale = await domain.concert();
    const claims = await domain.admit(onSale.concertId);
    const { reservationId } = await domain.hold(claims, onSale.performanceId, [1]);
    const pay = () => domain.main.payment.pay(claims, reservationId, 'key');
    for (let attempt = 0; attempt < 3; attempt += 1) {
      expect((await refusalOf(pay())).reason).to.equal('INSUFFICIENT_BALANCE');
    }
    await domain.charge(claims.userId, 50_000n);
    expect((await pay()).payment.balanceAfter).to.equal(0n);
  });
});
