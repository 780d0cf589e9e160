import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import sinon from 'sinon';
import { commitPayment } from '../../../src/payment/commit-payment.ts';
import type { RefundResult } from '../../../src/payment/index.ts';
import { saleOf } from '../../../src/payment/purchase.ts';
import { refundedSaleOf } from '../../../src/payment/refunded.ts';
import { hallOf } from '../../../src/reservation/hall.ts';
import { changesChannel, performanceKeys } from '../../../src/reservation/reservation.keys.ts';
import { SeatMapRebuildStore } from '../../../src/reservation/seat-map-rebuild.store.ts';
import { expectBooksInOrder } from '../../support/books.ts';
import { TestDomain, type Buyer, type OnSale } from '../../support/domain.ts';
import { connectSubscriber, forgetConcert } from '../../support/redis.ts';
import { refusalOf } from '../../support/refusal.ts';
import { expectSoldAsTicketed } from '../../support/sold-seats.ts';
import { waitUntil } from '../../support/wait-until.ts';

describe('seats of a refund', () => {
  let domain: TestDomain;
  let onSale: OnSale;

  before(async () => {
    domain = await TestDomain.open({ poolSize: 2 });
  });

  after(() => domain.close());

  beforeEach(async () => {
    onSale = await domain.concert();
  });

  afterEach(async () => {
    await expectSoldAsTicketed(domain, onSale);
    await expectBooksInOrder(domain);
    expect(domain.errors).to.deep.equal([]);
  });

  const settle = ({ payment, tickets }: RefundResult) =>
    domain.main.reservationStore.settle(saleOf({ payment, tickets }));
  const freeAgain = (refunded: RefundResult) => domain.main.reservationStore.refund(refundedSaleOf(refunded));
  const refund = (paymentId: string, ticketIds: readonly string[] = [], by = domain.main) =>
    by.refunds.refund({ paymentId, ticketIds, idempotencyKey: undefined });

  /** A user, a new one by default, buys seats. */
  async function buy(seatNumbers: readonly number[], userId: string = randomUUID()): Promise<Buyer & { id: string }> {
    const claims = await domain.admit(onSale.concertId, userId);
    await domain.charge(userId, 1_000_000n);
    const reservation = await domain.hold(claims, onSale.performanceId, seatNumbers);
    const pay = () => domain.main.payment.pay(claims, reservation.reservationId, undefined);
    return { claims, reservation, pay, id: (await pay()).payment.id };
  }

  it('can be held and bought at once, by the user who had them too: they do not count any more', async () => {
    const fan = await buy([1, 2, 3, 4]);
    await refund(fan.id);
    expect((await buy([1, 2, 3, 4], fan.claims.userId)).id).to.not.equal(fan.id);
    expect((await domain.seats(onSale)).sold).to.deep.equal([1, 2, 3, 4]);
  });

  it('are told to the watchers as refunded, once', async () => {
    const { id } = await buy([7, 8]);
    const heard: string[] = [];
    const channel = changesChannel(onSale.concertId, onSale.performanceId);
    const subscriber = await connectSubscriber(domain.main.redis);
    subscriber.on('message', (_channel: string, message: string) => heard.push(message));
    await subscriber.subscribe(channel);
    const refunded = await refund(id);
    expect(await freeAgain(refunded)).to.equal(false);
    expect(await domain.main.relay.runOnce()).to.be.at.least(2);
    await domain.hold(await domain.admit(onSale.concertId), onSale.performanceId, [1]);
    await waitUntil(async () => heard.some((message) => message.endsWith(' H1')), { what: 'all was heard' });
    await subscriber.quit();
    // A node of a cluster may tell of the purchase only now.
    const changes = heard.map((message) => message.split(' ').slice(1).join(' '));
    expect(changes.filter((change) => !['H7,8', 'S7,8'].includes(change))).to.deep.equal(['F7,8', 'H1']);
  });

  for (const whom of ['somebody else', 'the same user'] as const) {
    it(`that were sold again to ${whom} stay sold, however often and late the events of the first sale come`, async () => {
      const first = await buy([1, 2]);
      const refunded = await refund(first.id);
      const second = await buy([1, 2], whom === 'the same user' ? first.claims.userId : randomUUID());
      for (const repeat of [freeAgain, settle, freeAgain]) expect(await repeat(refunded)).to.equal(false);
      expect(await domain.seats(onSale)).to.deep.equal({ sold: [1, 2], held: [] });
      await refund(second.id);
      expect(await settle(refunded)).to.equal(false);
      expect(await domain.seats(onSale)).to.deep.equal({ sold: [], held: [] });
    });
  }

  it('are not sold by the event of their sale that is repeated, nor taken from who holds them since', async () => {
    const first = await buy([1, 2]);
    const refunded = await refund(first.id);
    const fan = await domain.buyer(onSale, [2]);
    await settle(refunded);
    expect(await domain.seats(onSale)).to.deep.equal({ sold: [], held: [2] });
    expect((await fan.pay()).tickets).to.have.length(1);
  });

  it('are free where sale and refund reach Redis in the wrong order, both late', async () => {
    const buyer = await domain.buyer(onSale, [1, 2]);
    const [kept] = await sellBehindRedis(buyer);
    const { payment, tickets } = await domain.main.payment.get(buyer.claims.userId, kept);
    const refunded = await refund(
      payment.id,
      tickets.slice(0, 1).map(({ id }) => id),
    );
    expect(await domain.seats(onSale)).to.deep.equal({ sold: [], held: [1, 2] });
    await settle(refunded);
    expect(await domain.seats(onSale)).to.deep.equal({ sold: [2], held: [] });
  });

  /** Commits a payment of which Redis does not hear; gives its id. */
  async function sellBehindRedis({ reservation }: Buyer): Promise<[string]> {
    const fenced = await domain.main.reservationStore.fence(reservation);
    if (fenced.kind !== 'fenced') throw new Error(`the fence came to ${fenced.kind}`);
    const result = await commitPayment(domain.main.commitDeps, fenced.reservation, undefined);
    if (result.kind !== 'paid') throw new Error(`the commit came to ${result.kind}`);
    return [result.purchase.payment.id];
  }

  it('are free though Redis does not answer while they are refunded: the relay tells it later', async () => {
    const { id } = await buy([1, 2]);
    const cut = await domain.instance();
    const failure = new Error('Connection is closed.');
    sinon.stub(cut.redis, 'evalsha').rejects(failure);
    expect((await refund(id, [], cut)).payment.state).to.equal('REFUNDED');
    expect(domain.errors.splice(0)).to.deep.equal([failure]);
    expect((await domain.seats(onSale)).sold).to.deep.equal([1, 2]);
    await domain.main.relay.runOnce();
    expect((await domain.seats(onSale)).sold).to.deep.equal([]);
  });

  it('are free where the map was missing, and an old event of their sale does not sell them', async () => {
    const { id, claims } = await buy([1, 2, 3]);
    const { tickets } = await domain.main.payment.get(claims.userId, id);
    await forgetConcert(domain.main.redis, onSale.concertId);
    const refunded = await refund(
      id,
      tickets.slice(0, 2).map((ticket) => ticket.id),
    );
    expect((await domain.seats(onSale)).sold).to.deep.equal([3]);
    expect(await settle(refunded)).to.equal(false);
    expect((await domain.seats(onSale)).sold).to.deep.equal([3]);
  });

  for (const moment of ['before the rows are written', 'after it'] as const) {
    it(`are free where a map is rebuilt from what was true before the refund, which comes ${moment}`, async () => {
      const { id } = await buy([1, 2]);
      const rebuilds = new SeatMapRebuildStore(domain.main.redis);
      const hall = hallOf(await domain.main.catalog.findPerformance(onSale.performanceId));
      const mine = { ...onSale, rebuilder: randomUUID() };
      await rebuilds.begin(mine, hall, true);
      const sold = await domain.main.commitDeps.payments.soldSeats(onSale.performanceId);
      expect(sold.map(({ seatNumber }) => seatNumber)).to.deep.equal([1, 2]);
      if (moment === 'before the rows are written') await refund(id);
      expect(await rebuilds.rebuild(mine, hall, sold, [])).to.equal(true);
      if (moment === 'after it') await refund(id);
      expect(await rebuilds.finish(mine, false)).to.equal(true);
      expect((await domain.seats(onSale)).sold).to.deep.equal([]);
    });
  }

  it('that Redis had as sold to somebody else than Postgres are asked for anew', async () => {
    const first = await buy([1]);
    const { owners } = performanceKeys(onSale.concertId, onSale.performanceId);
    const { payment, tickets } = await domain.main.payment.get(first.claims.userId, first.id);
    await domain.main.redis.hset(owners, '#1', randomUUID());
    await domain.main.reservationStore.settle(saleOf({ payment, tickets }));
    expect(await domain.main.seatMaps.read(onSale.concertId, onSale.performanceId)).to.equal(undefined);
    expect((await domain.seats(onSale)).sold).to.deep.equal([1]);
    expect(await domain.main.redis.hget(owners, '#1')).to.equal(first.reservation.reservationId);
  });

  it('that were sold by a server that wrote no sale down are read from Postgres', async () => {
    const { id } = await buy([1]);
    await domain.main.redis.hdel(performanceKeys(onSale.concertId, onSale.performanceId).owners, '#1');
    await refund(id);
    expect((await domain.seats(onSale)).sold).to.deep.equal([]);
  });

  it('open the doors of a line that was sold out, which is told', async () => {
    const rows = [{ label: 'A', seatCount: 2 }];
    const layout = { sections: [{ name: 'S', price: 1_000n, rows }] };
    const startsAt = new Date(Date.now() + 86_400_000);
    const small = await domain.concert({ performances: [{ startsAt, layout }] });
    const buyer = await domain.buyer(small, [1, 2]);
    const { payment } = await buyer.pay();
    await domain.main.stock.publish(small.concertId);
    const waiter = await domain.join(small.concertId);
    await domain.main.queueStore.advance(small.concertId);
    const place = await domain.main.queue.position(waiter);
    expect([place.state, place.seatsFree]).to.deep.equal(['WAITING', 0]);
    await refund(payment.id);
    await domain.main.stock.publish(small.concertId);
    await domain.main.queueStore.advance(small.concertId);
    const after = await domain.main.queue.position(waiter);
    expect([after.state, after.seatsFree]).to.deep.equal(['ADMITTED', 2]);
  });

  it('are refused to whoever would have more seats than one may, counted without those refunded', async () => {
    const fan = await buy([1, 2, 3]);
    const { tickets } = await domain.main.payment.get(fan.claims.userId, fan.id);
    await refund(
      fan.id,
      tickets.slice(0, 1).map(({ id }) => id),
    );
    const claims = await domain.admit(onSale.concertId, fan.claims.userId);
    expect(await refusalOf(domain.hold(claims, onSale.performanceId, [1, 4, 5]))).to.deep.include({
      reason: 'SEAT_LIMIT_EXCEEDED',
      metadata: { limit: '4', owned: '2' },
    });
    expect((await domain.hold(claims, onSale.performanceId, [1, 4])).state).to.equal('HELD');
  });
});
