import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { expectBooksInOrder } from '../../support/books.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import { sized } from '../../support/long.ts';
import { takenSeats } from '../../support/seats.ts';

const PRICE = 50_000n;
const WALLETS = 1_000;
/** How many of them pay too. */
const PAYERS = sized(400, WALLETS);
/** A small pool, which may be busy for longer than a store may be silent. */
const POOL = { poolSize: 8, stallMs: 1_200 };

describe('many calls for money at the same time', () => {
  let domain: TestDomain;

  before(async () => {
    domain = await TestDomain.open(POOL);
  });

  after(() => domain.close());

  afterEach(async () => {
    await expectBooksInOrder(domain);
    expect(domain.errors).to.deep.equal([]);
  });

  const users = (count: number) => Array.from({ length: count }, () => randomUUID());

  /** Holds a seat for each of some users, who all are let in. */
  async function holdOneEach({ concertId, performanceId }: OnSale, userIds: readonly string[]) {
    const claims = await Promise.all(userIds.map((userId) => domain.join(concertId, userId)));
    let isMoving = true;
    while (isMoving) isMoving = ((await domain.main.queueStore.advance(concertId))?.admitted ?? 0) > 0;
    return Promise.all(
      claims.map(async (each, index) => ({ each, held: await domain.hold(each, performanceId, [index + 1]) })),
    );
  }

  it('on one wallet, 32 charges and 32 payments, all come through, and none of them is lost', async () => {
    const other = await domain.instance(POOL);
    const [userId = ''] = users(1);
    await domain.charge(userId, 32n * PRICE);
    // A user has one live reservation in a concert.
    const sales = await Promise.all(Array.from({ length: 32 }, () => domain.concert()));
    const holds = await Promise.all(
      sales.map(async ({ concertId, performanceId }) => {
        const claims = await domain.admit(concertId, userId);
        return { claims, reservation: await domain.hold(claims, performanceId, [1]) };
      }),
    );
    const by = (index: number) => (index % 2 === 0 ? domain.main : other);
    const calls = holds.flatMap(({ claims, reservation }, index) => [
      by(index).payment.pay(claims, reservation.reservationId, randomUUID()),
      by(index).wallet.charge({ userId, amount: BigInt(index + 1), idempotencyKey: randomUUID() }),
    ]);
    const answers = await Promise.all(calls);
    expect(answers.map(({ replayed }) => replayed)).to.not.include(true);
    // 1 + 2 + … + 32
    expect(await domain.main.wallet.getBalance(userId)).to.equal(528n);
    const { items } = await domain.main.wallet.listEntries(userId, { pageSize: 100, pageToken: '' });
    expect(items).to.have.length(65);
    let balance = 0n;
    for (const entry of items.toReversed()) expect(entry.balanceAfter).to.equal((balance += entry.amount));
    const told = answers.map((answer) => ('entry' in answer ? answer.balance : answer.payment.balanceAfter));
    const booked = items.slice(0, -1).map(({ balanceAfter }) => balanceAfter);
    expect(told.map(String).toSorted()).to.deep.equal(booked.map(String).toSorted());
  }).timeout(20_000);

  it('on a thousand wallets, over a pool of eight connections, all come through', async () => {
    const layout = { sections: [{ name: 'All', price: PRICE, rows: [{ label: 'A', seatCount: WALLETS }] }] };
    const onSale = await domain.concert({ performances: [{ startsAt: new Date(Date.now() + 3_600_000), layout }] });
    const userIds = users(WALLETS);
    const { wallet, payment, liveSeats, stock, queue } = domain.main;
    const charges = await Promise.all(
      userIds.map((userId) => wallet.charge({ userId, amount: PRICE, idempotencyKey: 'charge' })),
    );
    expect(new Set(charges.map(({ balance }) => balance))).to.deep.equal(new Set([PRICE]));
    const holds = await holdOneEach(onSale, userIds.slice(0, PAYERS));
    const purchases = await Promise.all(holds.map(({ each, held }) => payment.pay(each, held.reservationId, 'pay')));
    const seats = purchases.flatMap(({ tickets }) => tickets.map(({ seatNumber }) => seatNumber));
    expect(new Set(seats).size).to.equal(PAYERS);
    expect(new Set(purchases.map((each) => each.payment.balanceAfter))).to.deep.equal(new Set([0n]));
    const map = await liveSeats.seatMap(onSale.concertId, onSale.performanceId);
    expect(takenSeats(map, WALLETS).sold).to.have.length(PAYERS);
    await stock.publish(onSale.concertId);
    expect((await queue.stats(onSale.concertId)).seatsFree).to.equal(WALLETS - PAYERS);
  }).timeout(40_000);
});
