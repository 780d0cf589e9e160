import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { CancellationService } from '../../../src/payment/index.ts';
import { changesChannel, performanceKeys } from '../../../src/reservation/reservation.keys.ts';
import { expectBooksInOrder } from '../../support/books.ts';
import { TestDomain, type Buyer, type OnSale } from '../../support/domain.ts';
import { SEED, sized } from '../../support/long.ts';
import { seededRandom } from '../../support/random.ts';
import { connectSubscriber, forgetConcert } from '../../support/redis.ts';
import { refusalOf } from '../../support/refusal.ts';
import { waitUntil } from '../../support/wait-until.ts';

const DEADLINE_MS = 300;
const SKEW_MS = 50;

describe(`canceling a performance (TEST_SEED=${SEED})`, () => {
  let domain: TestDomain;
  let onSale: OnSale;

  before(async () => {
    domain = await TestDomain.open({ paymentDeadlineMs: DEADLINE_MS, clockSkewMs: SKEW_MS, poolSize: 4 });
  });

  after(() => domain.close());

  beforeEach(async () => {
    onSale = await domain.concert();
  });

  afterEach(async () => {
    await expectBooksInOrder(domain);
    expect(domain.errors).to.deep.equal([]);
  });

  const cancel = () => domain.main.cancellations.cancel(onSale.performanceId);
  const progress = () => domain.main.cancellations.get(onSale.performanceId);
  const balanceOf = ({ claims }: Buyer) => domain.main.wallet.getBalance(claims.userId);
  const stateOf = ({ claims, reservation }: Buyer) => domain.main.reservations.get(claims, reservation.reservationId);
  const canceled = { reason: 'PERFORMANCE_CANCELED' };

  /** Lets an instance do what is due until all of it is done. */
  async function untilDone(by = domain.main): Promise<void> {
    const isDone = async () => {
      await by.cancellationTicker.round();
      return (await progress()).state === 'CANCELED';
    };
    await waitUntil(isDone, { what: 'the performance is canceled' });
  }

  async function paid(seats: readonly number[]): Promise<Buyer> {
    const buyer = await domain.buyer(onSale, seats);
    await buyer.pay();
    return buyer;
  }

  it('refunds every ticket, also of payments that were refunded in part, and says how far it is', async () => {
    const buyers = [await paid([1, 2]), await paid([3]), await paid([4, 5])];
    const partly = await domain.main.payment.listTickets(buyers[2]!.claims.userId, { pageSize: 0, pageToken: '' });
    const [ticket] = partly.items;
    await domain.main.refunds.refund({
      paymentId: ticket!.paymentId,
      ticketIds: [ticket!.id],
      idempotencyKey: undefined,
    });
    const begun = await cancel();
    expect(begun).to.deep.include({
      state: 'CANCELING',
      doneAt: undefined,
      paymentsTotal: 3,
      paymentsRefunded: 0,
      ticketsTotal: 5,
      ticketsRefunded: 1,
      refundedAmount: 50_000n,
      currencyCode: 'KRW',
    });
    await untilDone();
    const done = await cancel();
    expect(done).to.deep.include({
      state: 'CANCELED',
      canceledAt: begun.canceledAt,
      paymentsRefunded: 3,
      ticketsRefunded: 5,
      refundedAmount: 250_000n,
    });
    expect(Number(done.doneAt) - Number(done.canceledAt)).to.be.at.least(DEADLINE_MS + 2 * SKEW_MS);
    for (const buyer of buyers) expect(await balanceOf(buyer)).to.equal(1_000_000n);
    expect(await domain.seats(onSale)).to.deep.equal({ sold: [], held: [] });
  });

  it('ends the holds with their reason, which watchers see, and their holders may hold elsewhere', async () => {
    onSale = await domain.concert({ performances: twoEvenings() });
    const [, evening] = onSale.concert.performances;
    const buyer = await domain.buyer(onSale, [1, 2]);
    const heard: string[] = [];
    const subscriber = await connectSubscriber(domain.main.redis);
    subscriber.on('message', (_channel: string, message: string) => heard.push(message));
    await subscriber.subscribe(changesChannel(onSale.concertId, onSale.performanceId));
    await cancel();
    await domain.main.cancellationTicker.round();
    await subscriber.quit();
    expect(heard.map((message) => message.replace(/^\d+ /, ''))).to.deep.equal(['R1,2']);
    expect(await stateOf(buyer)).to.include({ state: 'RELEASED', endReason: 'PERFORMANCE_CANCELED' });
    expect(await domain.seats(onSale)).to.deep.equal({ sold: [], held: [] });
    expect((await domain.main.queue.position(buyer.claims)).state).to.equal('ADMITTED');
    expect((await domain.hold(buyer.claims, evening!.performanceId, [1])).state).to.equal('HELD');
  });

  it('stops the sale: nothing is held, chosen, swapped, extended or paid any more', async () => {
    onSale = await domain.concert({ performances: twoEvenings() });
    const [, evening] = onSale.concert.performances;
    const holder = await domain.buyer(onSale, [1]);
    const elsewhere = await domain.admit(onSale.concertId);
    const held = await domain.hold(elsewhere, evening!.performanceId, [1]);
    const fan = await domain.admit(onSale.concertId);
    await cancel();
    const best = { count: 1, section: undefined };
    for (const refused of [
      () => domain.hold(fan, onSale.performanceId, [2]),
      () => domain.hold(fan, onSale.performanceId, best),
      () => domain.swap(elsewhere, held, [3], onSale.performanceId),
      () => domain.main.reservations.extend(holder.claims, holder.reservation.reservationId, undefined),
      () => holder.pay(),
    ]) {
      expect(await refusalOf(refused())).to.deep.include({
        ...canceled,
        metadata: { performance_id: onSale.performanceId },
      });
    }
    expect(await balanceOf(holder)).to.equal(1_000_000n);
    // Out of the canceled performance into another one a hold can be swapped.
    expect((await domain.swap(holder.claims, holder.reservation, [5], evening!.performanceId)).state).to.equal('HELD');
  });

  it('is seen in the catalog at once, at every instance, and its date and seats are not on sale', async () => {
    const other = await domain.instance();
    expect(await other.catalog.listAvailableDates(onSale.concertId)).to.have.length(1);
    const { canceledAt } = await cancel();
    await waitUntil(
      async () => (await other.catalog.getConcert(onSale.concertId)).performances[0]?.canceledAt !== undefined,
      { what: 'the other instance knows' },
    );
    for (const { catalog } of [domain.main, other]) {
      const [performance] = (await catalog.getConcert(onSale.concertId)).performances;
      expect(performance?.canceledAt).to.deep.equal(canceledAt);
      expect(await catalog.listAvailableDates(onSale.concertId)).to.deep.equal([]);
    }
    await domain.join(onSale.concertId);
    await domain.main.stock.publish(onSale.concertId);
    expect((await domain.main.queue.stats(onSale.concertId)).seatsFree).to.equal(0);
  });

  it('of what is not there, and its progress where it was not canceled, is refused', async () => {
    const { cancellations } = domain.main;
    const unknown = randomUUID();
    for (const refused of [() => cancellations.cancel(unknown), () => cancellations.get(unknown)]) {
      expect(await refusalOf(refused())).to.deep.include({
        reason: 'PERFORMANCE_NOT_FOUND',
        metadata: { performance_id: unknown },
      });
    }
    expect((await refusalOf(progress())).reason).to.equal('CANCELLATION_NOT_FOUND');
  });

  it('lasts where Redis forgets it: what is made anew is not on sale either', async () => {
    onSale = await domain.concert({ performances: twoEvenings() });
    const buyer = await domain.buyer(onSale, [1]);
    await cancel();
    await untilDone();
    expect(await refusalOf(buyer.pay())).to.deep.include(canceled);
    await forgetConcert(domain.main.redis, onSale.concertId);
    const claims = await domain.admit(onSale.concertId, buyer.claims.userId);
    expect(await refusalOf(domain.hold(claims, onSale.performanceId, [1]))).to.deep.include(canceled);
  });

  it('commits no payment whose fence was passed before Redis knew of it', async () => {
    const buyer = await domain.buyer(onSale, [1]);
    await cancel();
    await domain.main.redis.hdel(performanceKeys(onSale.concertId, onSale.performanceId).state, 'canceled');
    expect(await refusalOf(buyer.pay())).to.deep.include(canceled);
    expect(await balanceOf(buyer)).to.equal(1_000_000n);
    await untilDone();
    expect((await stateOf(buyer)).state).to.equal('RELEASED');
  });

  it('leaves a hold that is being paid to its payment, and does not give it back', async () => {
    const buyer = await domain.buyer(onSale, [1]);
    await domain.main.reservationStore.fence(buyer.reservation);
    await cancel();
    await domain.main.cancellationTicker.round();
    expect((await stateOf(buyer)).state).to.equal('PAYING');
    expect(await refusalOf(buyer.pay())).to.deep.include(canceled);
    await waitUntil(
      async () => {
        await domain.main.overdue.round();
        return (await stateOf(buyer)).state === 'EXPIRED';
      },
      { what: 'the payment is resolved' },
    );
    expect((await stateOf(buyer)).endReason).to.equal('PERFORMANCE_CANCELED');
    expect(await domain.seats(onSale)).to.deep.equal({ sold: [], held: [] });
  });

  it('is finished by another instance where one dies in the middle, each payment refunded once', async () => {
    const buyers: Buyer[] = [];
    for (let seat = 1; seat <= 8; seat += 1) buyers.push(await paid([seat]));
    const dying = await domain.instance();
    let left = 3;
    const refundRest = async (paymentId: string) => {
      if (left === 0) return new Promise<never>(() => undefined);
      left -= 1;
      return dying.refunds.refundRest(paymentId);
    };
    const service = new CancellationService({ ...dying.cancellationDeps, refunds: { refundRest } });
    await service.cancel(onSale.performanceId);
    void service.tend(onSale);
    await waitUntil(async () => (await progress()).paymentsRefunded === 3, { what: 'three are refunded' });
    const next = await domain.instance({ paymentDeadlineMs: DEADLINE_MS, clockSkewMs: SKEW_MS });
    await untilDone(next);
    expect(await progress()).to.include({ paymentsRefunded: 8, refundedAmount: 400_000n });
    for (const buyer of buyers) expect(await balanceOf(buyer)).to.equal(1_000_000n);
  });

  it('is done by several instances together, each payment refunded once, beside operators who refund them', async () => {
    const buyers: Buyer[] = [];
    for (let seat = 1; seat <= 12; seat += 1) buyers.push(await paid([seat]));
    const others = [await domain.instance(), await domain.instance()];
    await cancel();
    const [some] = (await domain.main.payment.listPayments(buyers[0]!.claims.userId, { pageSize: 0, pageToken: '' }))
      .items;
    const byHand = domain.main.refunds.refund({ paymentId: some!.id, ticketIds: [], idempotencyKey: undefined });
    await Promise.all([
      byHand.catch((error: unknown) =>
        expect((error as { reason: string }).reason).to.equal('TICKET_ALREADY_REFUNDED'),
      ),
      ...[domain.main, ...others].map((each) => each.cancellationTicker.round()),
    ]);
    await untilDone();
    expect(await progress()).to.include({ paymentsRefunded: 12, refundedAmount: 600_000n });
    for (const buyer of buyers) expect(await balanceOf(buyer)).to.equal(1_000_000n);
  });

  it('goes on with the refunds while Redis does not answer, and is done only once Redis knows', async () => {
    const buyer = await paid([1]);
    const cut = new Error('no answer');
    const failing = { endSale: () => Promise.reject(cut), holds: () => Promise.reject(cut) };
    const service = new CancellationService({ ...domain.main.cancellationDeps, sales: failing });
    await service.cancel(onSale.performanceId);
    for (let round = 0; round < 3; round += 1) await service.tend(onSale);
    expect(await balanceOf(buyer)).to.equal(1_000_000n);
    await waitUntil(
      async () => {
        await service.tend(onSale);
        const [{ due }] = (await domain.sql(
          "select canceled_at + interval '400 ms' < clock_timestamp() as due from performances where id = ?",
          [onSale.performanceId],
        )) as [{ due: boolean }];
        return due;
      },
      { what: 'payments that began before it have ended' },
    );
    await service.tend(onSale);
    expect((await progress()).state).to.equal('CANCELING');
    expect(new Set(domain.errors.splice(0))).to.deep.equal(new Set([cut]));
    await untilDone();
  });

  it(`raced by payments ends without a valid ticket, every wallet whole (${sized(30, 300)} times)`, async () => {
    const random = seededRandom(SEED);
    for (let time = 0; time < sized(30, 300); time += 1) {
      onSale = await domain.concert();
      const buyers = [await domain.buyer(onSale, [1, 2]), await domain.buyer(onSale, [3])];
      const later = (work: () => Promise<unknown>) =>
        new Promise((resolve) => setTimeout(resolve, 15 * random())).then(work);
      const outcomes = await Promise.allSettled([later(cancel), ...buyers.map(({ pay }) => later(() => pay()))]);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).to.deep.include(canceled);
      }
    }
    const isDone = async () => {
      await domain.main.cancellationTicker.round();
      const open = await domain.sql(
        'select id from performances where canceled_at is not null and cancellation_done_at is null',
      );
      return open.length === 0;
    };
    await waitUntil(isDone, { what: 'all are canceled', timeoutMs: 20_000 });
    const valid = await domain.sql(
      "select t.id from tickets t join performances f on f.id = t.performance_id where t.state = 'VALID' and f.canceled_at is not null",
    );
    expect(valid).to.deep.equal([]);
    const wallets = await domain.sql('select count(*)::int as count from wallets where balance <> 1000000');
    expect(wallets).to.deep.equal([{ count: 0 }]);
    const unmarked = await domain.sql('select count(*)::int as count from payments');
    expect(Number(unmarked[0]?.['count'])).to.be.at.least(1);
  });
});

function twoEvenings() {
  return [1, 2].map((days) => ({ startsAt: new Date(Date.now() + days * 86_400_000), layout: undefined }));
}
