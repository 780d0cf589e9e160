import { expect } from 'chai';
import type { NewConcert } from '../../../src/catalog/index.ts';
import { performanceKeys, seatKey } from '../../../src/reservation/reservation.keys.ts';
import type { PlaceClaims } from '../../../src/shared/place-claims.ts';
import { TestDomain, type OnSale } from '../../support/domain.ts';
import { refusalOf } from '../../support/refusal.ts';
import { waitUntil } from '../../support/wait-until.ts';

const HOUR_MS = 3_600_000;

/** A hall of rows with so many seats each, by section. */
function hallOf(sections: Readonly<Record<string, readonly number[]>>): Partial<NewConcert> {
  const layout = {
    sections: Object.entries(sections).map(([name, rows], index) => ({
      name,
      price: BigInt(1_000 * (index + 1)),
      rows: rows.map((seatCount, row) => ({ label: `R${row + 1}`, seatCount })),
    })),
  };
  return { seatsPerUser: 50, performances: [{ startsAt: new Date(Date.now() + 24 * HOUR_MS), layout }] };
}

describe('holding the best seats', () => {
  let domain: TestDomain;

  before(async () => {
    domain = await TestDomain.open();
  });

  after(() => domain.close());

  async function best(onSale: OnSale, count: number, section?: string): Promise<readonly number[]> {
    const claims = await domain.admit(onSale.concertId);
    const { seats } = await domain.hold(claims, onSale.performanceId, { count, section });
    return seats.map(({ number }) => number);
  }

  async function refused(onSale: OnSale, count: number, section?: string, by?: PlaceClaims): Promise<object> {
    const claims = by ?? (await domain.admit(onSale.concertId));
    const { reason, metadata } = await refusalOf(domain.hold(claims, onSale.performanceId, { count, section }));
    return { reason, ...metadata };
  }

  it('takes the lowest row with room, and in it the lowest numbers side by side', async () => {
    const onSale = await domain.concert(hallOf({ A: [5, 3, 9] }));
    // Nobody is let in once all is sold out.
    const late = await domain.admit(onSale.concertId);
    expect(await best(onSale, 2)).to.deep.equal([1, 2]);
    expect(await best(onSale, 4)).to.deep.equal([9, 10, 11, 12]);
    expect(await best(onSale, 3)).to.deep.equal([3, 4, 5]);
    expect(await best(onSale, 3)).to.deep.equal([6, 7, 8]);
    expect(await best(onSale, 5)).to.deep.equal([13, 14, 15, 16, 17]);
    const soldOut = { reason: 'NO_ADJACENT_SEATS', seats_free: '0', longest_run: '0' };
    expect(await refused(onSale, 1, undefined, late)).to.deep.equal(soldOut);
  });

  it('takes a gap that is just wide enough, and never one across two rows', async () => {
    const onSale = await domain.concert(hallOf({ A: [4, 4] }));
    const claims = await domain.admit(onSale.concertId);
    await domain.hold(claims, onSale.performanceId, [1, 2, 6, 8]);
    expect(await refused(onSale, 3)).to.deep.equal({ reason: 'NO_ADJACENT_SEATS', seats_free: '4', longest_run: '2' });
    expect(await best(onSale, 2)).to.deep.equal([3, 4]);
    expect(await best(onSale, 1)).to.deep.equal([5]);
    expect(await best(onSale, 1)).to.deep.equal([7]);
  });

  it('stays in the section that is asked for, at its price', async () => {
    const onSale = await domain.concert(hallOf({ Stalls: [3], Circle: [2, 4], Balcony: [6] }));
    const claims = await domain.admit(onSale.concertId);
    const { seats } = await domain.hold(claims, onSale.performanceId, { count: 3, section: 'Circle' });
    expect(seats).to.deep.equal([6, 7, 8].map((number) => ({ number, price: 2_000n })));
    expect(await refused(onSale, 3, 'Circle')).to.deep.include({ reason: 'NO_ADJACENT_SEATS', longest_run: '2' });
    expect(await refused(onSale, 1, 'Royal box')).to.deep.equal({
      reason: 'SECTION_NOT_FOUND',
      section: 'Royal box',
    });
  });

  it('takes seats again that came back by a release, and keeps off those that are sold', async () => {
    const onSale = await domain.concert(hallOf({ A: [4] }));
    const first = await domain.admit(onSale.concertId);
    const held = await domain.hold(first, onSale.performanceId, { count: 2, section: undefined });
    const buyer = await domain.buyer(onSale, [3]);
    await buyer.pay();
    await domain.main.reservations.release(first, held.reservationId);
    await domain.main.stock.publish(onSale.concertId);
    expect(await best(onSale, 2)).to.deep.equal([1, 2]);
    expect(await best(onSale, 1)).to.deep.equal([4]);
  });

  it('takes seats again whose hold ran out, though nothing has looked at them since', async () => {
    const short = await domain.instance({ holdTtlMs: 40 });
    const onSale = await domain.concert(hallOf({ A: [3] }));
    const [claims, other] = [await domain.admit(onSale.concertId), await domain.admit(onSale.concertId)];
    await domain.hold(claims, onSale.performanceId, [1, 2, 3], undefined, short);
    const again = async () => {
      const held = await domain.hold(other, onSale.performanceId, { count: 3, section: undefined }).catch(() => null);
      return held !== null;
    };
    await waitUntil(again, { what: 'the seats can be held again' });
  });

  it('works in the longest row and with the most seats of one call', async () => {
    const onSale = await domain.concert(hallOf({ A: [49, 1_000] }));
    expect(await best(onSale, 50)).to.deep.equal(Array.from({ length: 50 }, (_, index) => 50 + index));
    expect(await best(onSale, 49)).to.deep.equal(Array.from({ length: 49 }, (_, index) => 1 + index));
  });

  it('believes a seat key rather than its index, which learns of it', async () => {
    const onSale = await domain.concert(hallOf({ A: [4] }));
    const { redis } = domain.main;
    expect(await best(onSale, 1)).to.deep.equal([1]);
    await redis.set(seatKey(onSale.concertId, onSale.performanceId, 2), 'somebody', 'PX', HOUR_MS);
    expect(await best(onSale, 2)).to.deep.equal([3, 4]);
    const { held } = performanceKeys(onSale.concertId, onSale.performanceId);
    expect(await redis.zrange(held, '0', '-1')).to.have.members(['1', '2', '3', '4']);
  });
});
