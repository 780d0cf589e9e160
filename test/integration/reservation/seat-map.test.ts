import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { SeatMapRebuildStore } from '../../../src/reservation/index.ts';
import { hallOf } from '../../../src/reservation/hall.ts';
import { lineChannel } from '../../../src/queue/queue.keys.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import { TestLines } from '../../support/line.ts';
import { connectSubscriber, forgetConcert } from '../../support/redis.ts';
import { refusalOf } from '../../support/refusal.ts';
import { takenSeats } from '../../support/seats.ts';
import { waitUntil } from '../../support/wait-until.ts';

describe('the map and the stock of seats', () => {
  let domain: TestDomain;
  let onSale: OnSale;

  before(async () => {
    domain = await TestDomain.open();
  });

  after(() => domain.close());

  beforeEach(async () => {
    onSale = await domain.concert();
  });

  const seatMap = () => domain.main.liveSeats.seatMap(onSale.concertId, onSale.performanceId);

  it('counts its version up with every hold, release and sale', async () => {
    const versions = [(await seatMap()).version];
    const claims = await domain.admit(onSale.concertId);
    const { reservationId } = await domain.hold(claims, onSale.performanceId, [1]);
    versions.push((await seatMap()).version);
    await domain.main.reservations.release(claims, reservationId);
    versions.push((await seatMap()).version);
    const buyer = await domain.buyer(onSale, [2]);
    versions.push((await seatMap()).version);
    await buyer.pay();
    versions.push((await seatMap()).version);
    for (const [index, version] of versions.slice(1).entries())
      expect(version > versions[index]!, `step ${index}`).to.equal(true);
  });

  it('does not count its version up by what is refused', async () => {
    const [claims, other] = [await domain.admit(onSale.concertId), await domain.admit(onSale.concertId)];
    await domain.hold(claims, onSale.performanceId, [1]);
    const { version } = await seatMap();
    await refusalOf(domain.hold(other, onSale.performanceId, [1]));
    expect((await seatMap()).version).to.equal(version);
  });

  it('never offers a sold seat after Redis lost it, not to the very first hold', async () => {
    const { queue, redis } = domain.main;
    await (await domain.buyer(onSale, [1, 2])).pay();
    await forgetConcert(redis, onSale.concertId);
    // A line that the use case opens would count the stock, and so load the map before the hold does.
    const policy = await queue.policy(onSale.concertId);
    await new TestLines(redis).openLine(onSale.concertId, policy);
    const claims = await domain.admit(onSale.concertId);
    const refusal = await refusalOf(domain.hold(claims, onSale.performanceId, [2, 3]));
    expect(refusal).to.include({ reason: 'SEAT_TAKEN' });
    expect(refusal.metadata['seat_numbers']).to.equal('2');
    expect((await domain.seats(onSale)).sold).to.deep.equal([1, 2]);
  });

  it('is loaded by many at once as it is by one, and owned seats count once', async () => {
    const buyer = await domain.buyer(onSale, [1, 2]);
    await buyer.pay();
    const other = await domain.instance();
    await forgetConcert(domain.main.redis, onSale.concertId);
    const loads = [domain.main, other].flatMap(({ liveSeats }) =>
      Array.from({ length: 5 }, () => liveSeats.seatMap(onSale.concertId, onSale.performanceId)),
    );
    for (const map of await Promise.all(loads)) expect(takenSeats(map)).to.deep.equal({ sold: [1, 2], held: [] });
    const claims = await domain.admit(onSale.concertId, buyer.claims.userId);
    expect((await domain.hold(claims, onSale.performanceId, [3, 4])).state).to.equal('HELD');
  });

  it('loads a hall that takes more than one script', async () => {
    const rows = Array.from({ length: 50 }, (_, index) => ({ label: `${index + 1}`, seatCount: 100 }));
    const layout = { sections: [{ name: 'All', price: 10n, rows }] };
    onSale = await domain.concert({ performances: [{ startsAt: new Date(Date.now() + 3_600_000), layout }] });
    const { concertId, performanceId } = onSale;
    const hall = hallOf(await domain.main.catalog.findPerformance(performanceId));
    const sold = Array.from({ length: 4_500 }, (_, index) => ({
      seatNumber: index + 1,
      userId: randomUUID(),
      reservationId: randomUUID(),
    }));
    const store = new SeatMapRebuildStore(domain.main.redis);
    const rebuilding = { concertId, performanceId, rebuilder: randomUUID() };
    expect(await store.begin(rebuilding, hall, true)).to.equal('begun');
    expect(await store.rebuild(rebuilding, hall, sold, [])).to.equal(true);
    expect(await store.finish(rebuilding, false)).to.equal(true);
    const numbers = sold.map(({ seatNumber }) => seatNumber);
    expect(takenSeats(await seatMap(), 5_000)).to.deep.equal({ sold: numbers, held: [] });
  });

  it('publishes into the line how many seats are free: neither held nor sold, at this moment', async () => {
    const brief = await domain.instance({ holdTtlMs: 100 });
    const seatsFree = async (): Promise<number | undefined> => {
      await domain.main.stock.publish(onSale.concertId);
      return (await domain.main.queue.stats(onSale.concertId)).seatsFree;
    };
    expect((await domain.main.queue.issueToken(onSale.concertId, randomUUID())).place.seatsFree).to.equal(50);
    await (await domain.buyer(onSale, [1, 2, 3])).pay();
    const claims = await domain.admit(onSale.concertId);
    await domain.hold(claims, onSale.performanceId, [4, 5]);
    expect(await seatsFree()).to.equal(45);
    await domain.hold(await domain.admit(onSale.concertId), onSale.performanceId, [6], undefined, brief);
    await waitUntil(async () => (await seatsFree()) === 45, { what: 'the short hold is over' });
  });

  it('admits nobody while every seat is taken, tells the watchers, and opens the doors when one comes back', async () => {
    const layout = { sections: [{ name: 'All', price: 10n, rows: [{ label: 'A', seatCount: 2 }] }] };
    const performances = [{ startsAt: new Date(Date.now() + 3_600_000), layout }];
    const { concertId, performanceId } = await domain.concert({ performances });
    const { queue, queueStore, stock, redis } = domain.main;
    const claims = await domain.admit(concertId);
    const waiting = await domain.join(concertId);
    const watcher = await connectSubscriber(redis);
    const told: string[] = [];
    watcher.on('message', (_channel, message: string) => message.startsWith('stock:') && told.push(message));
    await watcher.subscribe(lineChannel(concertId));
    const { reservationId } = await domain.hold(claims, performanceId, [1, 2]);
    await waitUntil(() => told.length === 1, { what: 'told of the last seat' });
    await stock.publish(concertId);
    await queueStore.advance(concertId);
    expect(await queue.position(waiting)).to.include({ state: 'WAITING', soldOut: true, seatsFree: 0 });
    await domain.main.reservations.release(claims, reservationId);
    await stock.publish(concertId);
    await waitUntil(() => told.length === 2, { what: 'told that seats came back' });
    expect(told).to.deep.equal(['stock:0', 'stock:2']);
    await queueStore.advance(concertId);
    expect(await queue.position(waiting)).to.include({ state: 'ADMITTED', soldOut: false, seatsFree: 2 });
    watcher.disconnect();
  });
});
