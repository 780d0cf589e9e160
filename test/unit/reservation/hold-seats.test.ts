import { expect } from 'chai';
import { placeOf } from '../../../src/queue/place-rules.ts';
import { NotAdmittedError } from '../../../src/queue/queue.errors.ts';
import type { HoldResult } from '../../../src/reservation/hold.store.ts';
import {
  claimsWith,
  CONCERT_ID,
  NOW_MS,
  OTHER_CONCERT_ID,
  OTHER_USER_ID,
  PERFORMANCE_ID,
  performanceWith,
  RESERVATION_ID,
  reservationWith,
  snapshotWith,
} from '../support/builders.ts';
import { seatMapWith } from '../../support/seats.ts';
import { reasonOf, refusalOf, rejectionOf } from '../support/outcomes.ts';
import { inputWith, setUp } from './support/service.ts';

const held: HoldResult = { kind: 'held', reservation: reservationWith() };

describe('holding seats', () => {
  it('asks for them by number, at the prices of the catalog', async () => {
    const { service, holds, catalog } = setUp();
    catalog.find.resolves(performanceWith({ performanceIdsOfConcert: [PERFORMANCE_ID, 'another'] }));
    holds.hold.resolves(held);
    const outcome = await service.holdSeats(inputWith());
    expect(outcome).to.deep.equal({ reservation: reservationWith(), replayed: false });
    expect(catalog.find.args).to.deep.equal([[{ performanceId: PERFORMANCE_ID }]]);
    const [request, seats] = holds.hold.firstCall.args;
    expect(request).to.deep.include({
      claims: claimsWith(),
      reservationId: RESERVATION_ID,
      performanceId: PERFORMANCE_ID,
      performanceIds: [PERFORMANCE_ID, 'another'],
      currencyCode: 'KRW',
      seatsPerUser: 4,
      seatsPerUserAndPerformance: 4,
      replaced: undefined,
      idempotency: undefined,
    });
    expect(seats.map(({ number, price }) => [number, price])).to.deep.equal([
      [7, 50_000n],
      [8, 50_000n],
    ]);
  });

  it('is refused with the token of another concert', async () => {
    const { service, holds } = setUp();
    const input = inputWith({ claims: claimsWith({ concertId: OTHER_CONCERT_ID }) });
    expect(await reasonOf(service.holdSeats(input))).to.deep.equal({ reason: 'TOKEN_CONCERT_MISMATCH', metadata: {} });
    expect(holds.hold.called).to.equal(false);
  });

  it('is refused from the moment at which the performance begins', async () => {
    const { service, holds, catalog } = setUp();
    const startsAt = new Date(NOW_MS + 1_000);
    catalog.find.resolves(performanceWith({ startsAt }));
    holds.hold.resolves({ kind: 'past' });
    expect(await reasonOf(service.holdSeats(inputWith()))).to.deep.equal({
      reason: 'PERFORMANCE_PAST',
      metadata: { starts_at: startsAt.toISOString() },
    });
    expect(holds.hold.firstCall.args[0].startsAtMs).to.equal(startsAt.getTime());
  });

  it('is refused for seats that the performance does not have, naming all of them', async () => {
    const { service, holds } = setUp();
    expect(await reasonOf(service.holdSeats(inputWith({ wanted: [60, 50, 51] })))).to.deep.equal({
      reason: 'SEAT_NOT_FOUND',
      metadata: { seat_numbers: '51,60' },
    });
    expect(holds.hold.called).to.equal(false);
  });

  const refusals: readonly [HoldResult, string, object][] = [
    [{ kind: 'key-reused' }, 'IDEMPOTENCY_KEY_REUSED', {}],
    [{ kind: 'reservation-exists', reservationId: 'the-other' }, 'RESERVATION_EXISTS', { reservation_id: 'the-other' }],
    [{ kind: 'seat-limit', owned: 3, ownedOfPerformance: 1 }, 'SEAT_LIMIT_EXCEEDED', { limit: '4', owned: '3' }],
  ];
  for (const [result, reason, metadata] of refusals) {
    it(`is refused as ${reason} where Redis says ${result.kind}`, async () => {
      const { service, holds } = setUp();
      holds.hold.resolves(result);
      expect(await reasonOf(service.holdSeats(inputWith()))).to.deep.equal({ reason, metadata });
      expect(holds.hold.callCount).to.equal(1);
    });
  }

  it('is refused with the place where it is not admitted', async () => {
    const { service, holds } = setUp();
    const place = snapshotWith({ position: 9 });
    holds.hold.resolves({ kind: 'not-admitted', place });
    const error = await rejectionOf(service.holdSeats(inputWith()));
    expect(error).to.be.instanceOf(NotAdmittedError);
    expect(error).to.deep.include({ place: placeOf(place, 0), metadata: { state: 'WAITING', position: '9' } });
  });

  it('is refused for a taken seat with the taken ones and the free ones nearest to them', async () => {
    const { service, holds, liveSeats } = setUp();
    holds.hold.resolves({ kind: 'seat-taken', seatNumbers: [8] });
    liveSeats.seatMap.resolves(seatMapWith({ held: [8], sold: [9, 10] }));
    expect(await reasonOf(service.holdSeats(inputWith()))).to.deep.equal({
      reason: 'SEAT_TAKEN',
      metadata: { seat_numbers: '8', nearest_free: '7,6,5,11,4,12' },
    });
    expect(liveSeats.seatMap.args).to.deep.equal([[CONCERT_ID, PERFORMANCE_ID]]);
  });
});

describe('holding seats before the sale opens', () => {
  it('is refused with how long to wait, by the clock of Redis', async () => {
    const { service, holds, catalog } = setUp();
    const saleOpensAt = new Date(NOW_MS + 90_000);
    catalog.find.resolves(performanceWith({ saleOpensAt }));
    holds.hold.resolves({ kind: 'sale-not-open', asOfMs: NOW_MS });
    expect(await refusalOf(service.holdSeats(inputWith()))).to.deep.include({
      reason: 'SALE_NOT_OPEN',
      metadata: { sale_opens_at: saleOpensAt.toISOString() },
      retryAfterMs: 90_000,
    });
    expect(holds.hold.firstCall.args[0].saleOpensAtMs).to.equal(saleOpensAt.getTime());
  });
});

describe('holding seats that Redis has to be given first', () => {
  it('brings the line back and holds then', async () => {
    const { service, holds, queue } = setUp();
    holds.hold.onCall(0).resolves({ kind: 'line-missing' });
    holds.hold.onCall(1).resolves(held);
    queue.position.resolves(placeOf(snapshotWith(), 0));
    expect(await service.holdSeats(inputWith())).to.deep.equal({ reservation: reservationWith(), replayed: false });
    expect(queue.position.args).to.deep.equal([[claimsWith()]]);
  });

  it('brings the seat map back and holds then', async () => {
    const { service, holds, liveSeats } = setUp();
    holds.hold.onCall(0).resolves({ kind: 'map-missing' });
    holds.hold.onCall(1).resolves(held);
    liveSeats.load.resolves();
    expect((await service.holdSeats(inputWith())).replayed).to.equal(false);
    expect(liveSeats.load.args).to.deep.equal([[CONCERT_ID, PERFORMANCE_ID]]);
  });

  it('brings both back, the line first, and asks for the same reservation each time', async () => {
    const { service, holds, queue, liveSeats } = setUp();
    holds.hold.onCall(0).resolves({ kind: 'line-missing' });
    holds.hold.onCall(1).resolves({ kind: 'map-missing' });
    holds.hold.onCall(2).resolves(held);
    queue.position.resolves(placeOf(snapshotWith(), 0));
    liveSeats.load.resolves();
    await service.holdSeats(inputWith());
    expect(queue.position.calledBefore(liveSeats.load)).to.equal(true);
    const [first, ...others] = holds.hold.args.map(([request]) => request);
    expect(others).to.deep.equal([first, first]);
  });

  it('brings the maps of all performances of the concert back: what is owned of any of them counts', async () => {
    const { service, holds, liveSeats, catalog } = setUp();
    catalog.find.resolves(performanceWith({ performanceIdsOfConcert: [PERFORMANCE_ID, 'another'] }));
    holds.hold.onCall(0).resolves({ kind: 'map-missing' });
    holds.hold.onCall(1).resolves(held);
    liveSeats.load.resolves();
    await service.holdSeats(inputWith());
    expect(liveSeats.load.args).to.deep.equal([
      [CONCERT_ID, PERFORMANCE_ID],
      [CONCERT_ID, 'another'],
    ]);
  });

  for (const kind of ['line-missing', 'map-missing'] as const) {
    it(`is to be tried again where Redis still says ${kind}`, async () => {
      const { service, holds, queue, liveSeats } = setUp();
      holds.hold.resolves({ kind });
      queue.position.resolves(placeOf(snapshotWith(), 0));
      liveSeats.load.resolves();
      expect((await refusalOf(service.holdSeats(inputWith()))).reason).to.equal('STORE_UNAVAILABLE');
      expect(holds.hold.callCount).to.equal(2);
    });
  }
});

describe('holding seats with an idempotency key', () => {
  /** The hashes that Redis is given. */
  async function hashesOf(idempotencyKey: string | undefined, seatNumbers = [8, 7], performance = performanceWith()) {
    const { service, holds, catalog } = setUp();
    catalog.find.resolves(performance);
    holds.hold.resolves(held);
    await service.holdSeats(inputWith({ idempotencyKey, wanted: seatNumbers }));
    return holds.hold.firstCall.args[0].idempotency;
  }

  it('sends hashes, never the key itself', async () => {
    const hashes = await hashesOf('my key');
    expect(hashes?.keyHash).to.match(/^[0-9a-f]{32}$/);
    expect(hashes?.requestHash).to.match(/^[0-9a-f]{32}$/);
  });

  it('takes the same seats in another order for the same request, and other seats or another evening not', async () => {
    const hashes = await hashesOf('k');
    expect(await hashesOf('k', [7, 8])).to.deep.equal(hashes);
    expect((await hashesOf('k', [7]))?.requestHash).not.to.equal(hashes?.requestHash);
    const evening = performanceWith({ performanceId: 'evening' });
    expect((await hashesOf('k', [8, 7], evening))?.requestHash).not.to.equal(hashes?.requestHash);
    expect((await hashesOf('other'))?.keyHash).not.to.equal(hashes?.keyHash);
  });

  it('gives the reservation of the first call, marked as a replay', async () => {
    const { service, holds, store } = setUp();
    holds.hold.resolves({ kind: 'replayed', reservationId: RESERVATION_ID });
    store.read.resolves(reservationWith({ state: 'RELEASED' }));
    expect(await service.holdSeats(inputWith({ idempotencyKey: 'k' }))).to.deep.equal({
      reservation: reservationWith({ state: 'RELEASED' }),
      replayed: true,
    });
    expect(store.read.args).to.deep.equal([[CONCERT_ID, RESERVATION_ID]]);
  });

  it('never gives the reservation of somebody else', async () => {
    const { service, holds, store } = setUp();
    holds.hold.resolves({ kind: 'replayed', reservationId: RESERVATION_ID });
    store.read.resolves(reservationWith({ userId: OTHER_USER_ID }));
    const { reason } = await reasonOf(service.holdSeats(inputWith({ idempotencyKey: 'k' })));
    expect(reason).to.equal('RESERVATION_NOT_FOUND');
  });
});
