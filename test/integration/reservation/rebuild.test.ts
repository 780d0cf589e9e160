import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { hallOf, type Hall } from '../../../src/reservation/hall.ts';
import { SeatMapRebuildStore } from '../../../src/reservation/index.ts';
import { performanceKeys, rebuildClaimKey } from '../../../src/reservation/reservation.keys.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import { takenSeats } from '../../support/seats.ts';

describe('a seat map that is made anew', () => {
  let domain: TestDomain;
  let onSale: OnSale;
  let store: SeatMapRebuildStore;
  let hall: Hall;

  before(async () => {
    domain = await TestDomain.open();
    store = new SeatMapRebuildStore(domain.main.redis);
  });

  after(() => domain.close());

  beforeEach(async () => {
    onSale = await domain.concert();
    hall = hallOf(await domain.main.catalog.findPerformance(onSale.performanceId));
    await domain.main.liveSeats.load(onSale.concertId, onSale.performanceId);
  });

  const attempt = () => ({ ...onSale, rebuilder: randomUUID() });
  const read = () => domain.main.seatMaps.read(onSale.concertId, onSale.performanceId);
  const taken = async () => (await domain.main.seatMaps.countTaken(onSale.concertId, onSale.performanceId))?.taken;

  it('answers nobody until it is whole, and is made by one instance at a time', async () => {
    const mine = attempt();
    expect(await store.begin(mine, hall, false)).to.equal('ready');
    expect(await store.begin(mine, hall, true)).to.equal('begun');
    expect(await store.begin(attempt(), hall, true)).to.equal('taken');
    expect([await read(), await taken()]).to.deep.equal([undefined, undefined]);
    expect(await store.rebuild(mine, hall, [], [])).to.equal(true);
    expect(await read()).to.equal(undefined);
    expect(await store.finish(mine, false)).to.equal(true);
    expect([(await read())?.stateOf(1), await taken()]).to.deep.equal(['AVAILABLE', 0]);
  });

  it('is refused to who lost the claim meanwhile, at every step', async () => {
    const [mine, theirs] = [attempt(), attempt()];
    await store.begin(mine, hall, true);
    await domain.main.redis.del(rebuildClaimKey(onSale.concertId, onSale.performanceId));
    expect(await store.begin(theirs, hall, true)).to.equal('begun');
    expect(await store.rebuild(mine, hall, [], [])).to.equal(false);
    expect(await store.finish(mine, false)).to.equal(false);
    expect((await store.rebuild(theirs, hall, [], [])) && (await store.finish(theirs, false))).to.equal(true);
  });

  it('has the holds that live, whole, also one that is being paid, and its version goes on', async () => {
    const [first, second] = [await domain.admit(onSale.concertId), await domain.admit(onSale.concertId)];
    const held = await domain.hold(first, onSale.performanceId, [1, 2]);
    await domain.main.reservationStore.fence(await domain.hold(second, onSale.performanceId, [3]));
    const before = await read();
    await domain.main.liveSeats.reload(onSale.concertId, onSale.performanceId);
    const after = await read();
    expect(after && takenSeats(after)).to.deep.equal({ held: [1, 2, 3], sold: [] });
    expect(after && before && after.version > before.version).to.equal(true);
    await domain.main.reservations.release(first, held.reservationId);
    const best = await domain.hold(first, onSale.performanceId, { count: 3, section: undefined });
    expect(best.seats.map(({ number }) => number)).to.deep.equal([4, 5, 6]);
  });

  it('has a sold seat as sold alone, though a payment of somebody else began on it meanwhile', async () => {
    const owner = await domain.buyer(onSale, [1]);
    await owner.pay();
    const { sold } = performanceKeys(onSale.concertId, onSale.performanceId);
    await domain.main.redis.setbit(sold, 1, 0);
    const unlucky = await domain.buyer(onSale, [1, 2]);
    const mine = attempt();
    await store.begin(mine, hall, true);
    await domain.main.reservationStore.fence(unlucky.reservation);
    const { userId, reservationId } = owner.reservation;
    await store.rebuild(mine, hall, [{ seatNumber: 1, userId, reservationId }], []);
    await store.finish(mine, false);
    expect(await domain.seats(onSale)).to.deep.equal({ held: [2], sold: [1] });
    expect(await taken()).to.equal(2);
  });
});
