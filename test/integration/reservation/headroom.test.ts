import { expect } from 'chai';
import type { PlaceClaims } from '../../../src/shared/place-claims.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import { countInside } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';

const SEATS = 10;

describe('the doors of a concert with few seats left', () => {
  let domain: TestDomain;
  let onSale: OnSale;
  let places: PlaceClaims[];

  before(async () => {
    domain = await TestDomain.open({ holdTtlMs: 1_000, policy: { seatHeadroomPercent: 100 } });
  });
  after(() => domain.close());

  beforeEach(async () => {
    const layout = { sections: [{ name: 'All', price: 10n, rows: [{ label: 'A', seatCount: SEATS }] }] };
    const startsAt = new Date(Date.now() + 3_600_000);
    onSale = await domain.concert({ performances: [{ startsAt, layout }] });
    places = [];
    for (let each = 0; each < 30; each += 1) places.push(await domain.join(onSale.concertId));
  });

  const advance = () => domain.main.queueStore.advance(onSale.concertId);
  const hold = (index: number, seats: readonly number[]) => domain.hold(places[index]!, onSale.performanceId, seats);
  const count = () => domain.main.stock.publish(onSale.concertId);

  it('let one in who holds nothing for each free seat, and nobody for a seat that was just held', async () => {
    expect((await advance())?.admitted).to.equal(SEATS);
    await hold(0, [1, 2, 3, 4]);
    // 6 free, 9 who hold nothing.
    expect((await advance())?.admitted).to.equal(0);
    await hold(1, [5]);
    for (const index of [2, 3, 4, 5]) await domain.main.queue.leave(places[index]!);
    // 5 free, 4 who hold nothing: leaving moved the line on.
    expect(await countInside(domain.main.redis, onSale.concertId)).to.equal(2 + 5);
    expect((await advance())?.admitted).to.equal(0);
  });

  it('count the seats of a hold off in the step that holds them, before anything else has counted', async () => {
    await advance();
    await Promise.all([hold(0, [1, 2, 3, 4]), hold(1, [5, 6, 7, 8]), advance(), advance()]);
    expect((await domain.main.queue.position(places[2]!)).seatsFree).to.equal(2);
    for (const index of [2, 3, 4, 5, 6, 7]) await domain.main.queueStore.leave(places[index]!);
    // 2 free, 2 who hold nothing.
    expect((await advance())?.admitted).to.equal(0);
  });

  it('open again when held seats come back, by release as by the end of a hold', async () => {
    await advance();
    const { reservationId } = await hold(0, [1, 2, 3, 4]);
    await hold(1, [5, 6, 7, 8]);
    for (const index of [2, 3, 4, 5, 6, 7, 8, 9]) await domain.main.queueStore.leave(places[index]!);
    expect((await advance())?.admitted, 'two free seats').to.equal(2);
    await domain.main.reservations.release(places[0]!, reservationId);
    await count();
    // 6 free; the one who released and the two hold nothing.
    expect((await advance())?.admitted).to.equal(3);
    const heldAll = async () => {
      await count();
      return (await domain.main.queue.position(places[20]!)).seatsFree === SEATS;
    };
    await waitUntil(heldAll, { what: 'the other hold ended by itself' });
    expect((await advance())?.admitted, 'seven hold nothing').to.equal(3);
  });

  it('stay shut until the free seats were counted', async () => {
    await domain.main.redis.hdel(`frontrow:{${onSale.concertId}}:line`, 'seats_free');
    expect((await advance())?.admitted).to.equal(0);
    await count();
    expect((await advance())?.admitted).to.equal(SEATS);
  });

  it('let in three for each free seat where the operator says so', async () => {
    await domain.main.queue.changePolicy(onSale.concertId, { seatHeadroomPercent: 300 });
    expect((await advance())?.admitted).to.equal(30);
  });
});
