import { expect } from 'chai';
import { seatsOf, type Layout } from '../../../src/catalog/layout.ts';
import type { HoldResult } from '../../../src/reservation/hold.store.ts';
import {
  claimsWith,
  CONCERT_ID,
  OTHER_USER_ID,
  performanceWith,
  RESERVATION_ID,
  reservationWith,
} from '../support/builders.ts';
import { reasonOf, refusalOf } from '../support/outcomes.ts';
import { inputWith, setUp } from './support/service.ts';

const held: HoldResult = { kind: 'held', reservation: reservationWith() };
const rows = ['A', 'B'].map((label) => ({ label, seatCount: 10 }));
const layout: Layout = {
  sections: [
    { name: 'Floor', price: 120_000n, rows },
    { name: 'Balcony', price: 80_000n, rows },
  ],
};
const floor = { firstRow: 1, lastRow: 2, price: 120_000n };
const balcony = { firstRow: 3, lastRow: 4, price: 80_000n };
const anySection = { count: 2, section: undefined };

describe('holding the best seats', () => {
  function setUpHall() {
    const parts = setUp();
    parts.catalog.find.resolves(performanceWith({ layout, seats: seatsOf(layout), seatCount: 40 }));
    parts.holds.holdBest.resolves(held);
    return parts;
  }

  it('asks for so many in any section, best first, and never looks at the map before', async () => {
    const { service, holds, liveSeats } = setUpHall();
    const outcome = await service.holdSeats(inputWith({ wanted: anySection }));
    expect(outcome).to.deep.equal({ reservation: reservationWith(), replayed: false });
    const [request, best] = holds.holdBest.firstCall.args;
    expect(request).to.deep.include({ reservationId: RESERVATION_ID, claims: claimsWith() });
    expect(best).to.deep.equal({ count: 2, sections: [floor, balcony] });
    expect([holds.hold.called, liveSeats.seatMap.called]).to.deep.equal([false, false]);
  });

  it('asks for those of a section alone where one is named', async () => {
    const { service, holds } = setUpHall();
    await service.holdSeats(inputWith({ wanted: { count: 3, section: 'Balcony' } }));
    expect(holds.holdBest.firstCall.args[1]).to.deep.equal({ count: 3, sections: [balcony] });
  });

  it('is refused for a section that the performance does not have', async () => {
    const { service, holds } = setUpHall();
    expect(await reasonOf(service.holdSeats(inputWith({ wanted: { count: 1, section: 'Box' } })))).to.deep.equal({
      reason: 'SECTION_NOT_FOUND',
      metadata: { section: 'Box' },
    });
    expect(holds.holdBest.called).to.equal(false);
  });

  it('is refused where no row has so many side by side, with how many could be had', async () => {
    const { service, holds } = setUpHall();
    holds.holdBest.resolves({ kind: 'none-adjacent', seatsFree: 9, longestRun: 1 });
    expect(await reasonOf(service.holdSeats(inputWith({ wanted: anySection })))).to.deep.equal({
      reason: 'NO_ADJACENT_SEATS',
      metadata: { seats_free: '9', longest_run: '1' },
    });
  });

  it('brings the seat map back and holds then', async () => {
    const { service, holds, liveSeats } = setUpHall();
    holds.holdBest.onCall(0).resolves({ kind: 'map-missing' });
    liveSeats.load.resolves();
    expect((await service.holdSeats(inputWith({ wanted: anySection }))).replayed).to.equal(false);
    expect(holds.holdBest.callCount).to.equal(2);
  });

  it('is another request than that for other seats, as to its idempotency key', async () => {
    const hashOf = async (wanted: ReturnType<typeof inputWith>['wanted']) => {
      const { service, holds } = setUpHall();
      holds.hold.resolves(held);
      await service.holdSeats(inputWith({ wanted, idempotencyKey: 'k' }));
      const [request] = holds.holdBest.args[0] ?? holds.hold.args[0] ?? [];
      return request?.idempotency?.requestHash;
    };
    const hashes = [
      await hashOf(anySection),
      await hashOf({ count: 3, section: undefined }),
      await hashOf({ count: 2, section: 'Floor' }),
      await hashOf([2]),
    ];
    expect(new Set(hashes).size).to.equal(4);
    expect(await hashOf({ section: undefined, count: 2 })).to.equal(hashes[0]);
  });
});

describe('holding seats in the place of a reservation', () => {
  const old = reservationWith({ reservationId: 'old' });

  it('gives Redis the reservation that is replaced, as it is read', async () => {
    const { service, holds, store } = setUp();
    store.read.resolves(old);
    holds.hold.resolves(held);
    await service.holdSeats(inputWith({ replaceReservationId: 'old' }));
    expect(store.read.args).to.deep.equal([[CONCERT_ID, 'old']]);
    expect(holds.hold.firstCall.args[0].replaced).to.deep.equal(old);
  });

  it('never touches that of another user, and finds none where there is none', async () => {
    const { service, holds, store } = setUp();
    for (const read of [reservationWith({ userId: OTHER_USER_ID }), undefined]) {
      store.read.resolves(read);
      expect(await reasonOf(service.holdSeats(inputWith({ replaceReservationId: 'old' })))).to.deep.equal({
        reason: 'RESERVATION_NOT_FOUND',
        metadata: { reservation_id: 'old' },
      });
    }
    expect(holds.hold.called).to.equal(false);
  });

  it('is refused with what became of it where it does not live any more', async () => {
    const { service, holds, store } = setUp();
    store.read.resolves(reservationWith({ reservationId: 'old', state: 'RELEASED' }));
    holds.hold.resolves({ kind: 'replaced-not-live' });
    expect(await refusalOf(service.holdSeats(inputWith({ replaceReservationId: 'old' })))).to.deep.include({
      reason: 'RESERVATION_RELEASED',
      metadata: { reservation_id: 'old' },
    });
  });

  it('is another request than the same without it, as to its idempotency key', async () => {
    const hashes = new Set<string | undefined>();
    for (const replaceReservationId of [undefined, 'old', 'older']) {
      const { service, holds, store } = setUp();
      store.read.resolves(old);
      holds.hold.resolves(held);
      await service.holdSeats(inputWith({ replaceReservationId, idempotencyKey: 'k' }));
      hashes.add(holds.hold.firstCall.args[0].idempotency?.requestHash);
    }
    expect(hashes.size).to.equal(3);
  });
});
