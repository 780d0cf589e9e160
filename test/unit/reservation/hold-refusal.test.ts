import { expect } from 'chai';
import sinon from 'sinon';
import type { SeatMap } from '../../../src/catalog/index.ts';
import { NotAdmittedError } from '../../../src/queue/queue.errors.ts';
import { placeOf } from '../../../src/queue/place-rules.ts';
import { refusalOfHold, type RefusedHold } from '../../../src/reservation/hold-refusal.ts';
import type { HoldResult } from '../../../src/reservation/hold.store.ts';
import type { ReservationState } from '../../../src/reservation/reservation.ts';
import { seatMapWith } from '../../support/seats.ts';
import { claimsWith, NOW_MS, performanceWith, reservationWith, snapshotWith } from '../support/builders.ts';
import { holdRequestWith } from './support/hold-request.ts';

type Refused = Exclude<HoldResult, { kind: 'held' | 'replayed' }>;

const two = { seats: reservationWith().seats };
const best = { count: 3, sections: [] };

/** The refusal of a hold of two seats, but for what is given. */
function refuse(result: Refused, given: Partial<RefusedHold> = {}) {
  const seatMap = sinon.stub<[], Promise<SeatMap>>().rejects(new Error('is not asked for'));
  const performance = performanceWith();
  return refusalOfHold(result, { request: holdRequestWith(), wanted: two, performance, seatMap, jitter: 0, ...given });
}

describe('why nothing was held', () => {
  const plain: readonly [Refused, string, object][] = [
    [{ kind: 'key-reused' }, 'IDEMPOTENCY_KEY_REUSED', {}],
    [{ kind: 'past' }, 'PERFORMANCE_PAST', { starts_at: performanceWith().startsAt.toISOString() }],
    [{ kind: 'reservation-exists', reservationId: 'other' }, 'RESERVATION_EXISTS', { reservation_id: 'other' }],
  ];
  for (const [result, reason, metadata] of plain) {
    it(`is ${reason} where Redis says ${result.kind}`, async () => {
      expect(await refuse(result)).to.deep.include({ reason, metadata });
    });
  }

  it('is SALE_NOT_OPEN with when it opens, and after how long by the clock of Redis', async () => {
    const saleOpensAt = new Date(NOW_MS + 5_000);
    const performance = performanceWith({ saleOpensAt });
    expect(await refuse({ kind: 'sale-not-open', asOfMs: NOW_MS + 1_000 }, { performance })).to.deep.include({
      reason: 'SALE_NOT_OPEN',
      metadata: { sale_opens_at: saleOpensAt.toISOString() },
      retryAfterMs: 4_000,
    });
  });

  it('is NOT_ADMITTED with the place, whose hint is spread by the jitter', async () => {
    const place = snapshotWith();
    const refusal = await refuse({ kind: 'not-admitted', place }, { jitter: 0.5 });
    expect(refusal).to.be.instanceOf(NotAdmittedError);
    expect(refusal).to.deep.include({ place: placeOf(place, 0.5) });
  });

  it('is SEAT_TAKEN with the free seats nearest to the taken ones, neither held nor sold', async () => {
    const map = seatMapWith({ held: [7, 9], sold: [8, 11] });
    const refusal = await refuse({ kind: 'seat-taken', seatNumbers: [7, 8] }, { seatMap: () => Promise.resolve(map) });
    expect(refusal).to.deep.include({
      reason: 'SEAT_TAKEN',
      metadata: { seat_numbers: '7,8', nearest_free: '6,5,10,4,3,12' },
    });
  });

  it('is NO_ADJACENT_SEATS with how many are free and how many stand side by side', async () => {
    const refusal = await refuse({ kind: 'none-adjacent', seatsFree: 9, longestRun: 2 }, { wanted: best });
    expect(refusal).to.deep.include({ reason: 'NO_ADJACENT_SEATS', metadata: { seats_free: '9', longest_run: '2' } });
    expect(refusal.message).to.include('3 free seats');
  });

  for (const kind of ['line-missing', 'map-missing'] as const) {
    it(`is to be tried again where Redis says ${kind} right after it was brought back`, async () => {
      expect(await refuse({ kind })).to.include({ reason: 'STORE_UNAVAILABLE', retryAfterMs: 1_000 });
    });
  }

  it('is to be tried again where the place is lost right after it was brought back', async () => {
    const place = { ...claimsWith(), state: 'LOST', lineEpoch: 2 } as const;
    expect(await refuse({ kind: 'place-lost', place })).to.include({ reason: 'STORE_UNAVAILABLE' });
  });
});

describe('the seat limit that is exceeded', () => {
  const request = holdRequestWith({ seatsPerUser: 4, seatsPerUserAndPerformance: 2 });

  it('is that of the concert where the seats of the concert are too many', async () => {
    const refusal = await refuse({ kind: 'seat-limit', owned: 3, ownedOfPerformance: 2 }, { request });
    expect(refusal).to.deep.include({ reason: 'SEAT_LIMIT_EXCEEDED', metadata: { limit: '4', owned: '3' } });
    expect(refusal.message).to.include('of this concert');
  });

  it('else that of the performance, also for the best seats', async () => {
    const limits = { limit: '2', owned: '1' };
    const chosen = await refuse({ kind: 'seat-limit', owned: 2, ownedOfPerformance: 1 }, { request });
    expect(chosen).to.deep.include({ reason: 'SEAT_LIMIT_EXCEEDED', metadata: limits });
    expect(chosen.message).to.include('of this performance');
    const result = { kind: 'seat-limit', owned: 1, ownedOfPerformance: 1 } as const;
    expect((await refuse(result, { request, wanted: best })).metadata).to.deep.equal(limits);
  });
});

describe('a reservation that cannot be replaced', () => {
  const states: readonly [ReservationState, string][] = [
    ['RELEASED', 'RESERVATION_RELEASED'],
    ['PAID', 'RESERVATION_PAID'],
    ['EXPIRED', 'HOLD_EXPIRED'],
    ['HELD', 'HOLD_EXPIRED'],
  ];
  for (const [state, reason] of states) {
    it(`is refused as ${reason} where it was ${state} before`, async () => {
      const replaced = reservationWith({ reservationId: 'old', state });
      expect(await refuse({ kind: 'replaced-not-live' }, { request: holdRequestWith({ replaced }) })).to.deep.include({
        reason,
        metadata: { reservation_id: 'old' },
      });
    });
  }

  it('is to be tried again while a payment of it runs', async () => {
    const request = holdRequestWith({ replaced: reservationWith({ reservationId: 'old' }) });
    expect(await refuse({ kind: 'replaced-paying' }, { request })).to.deep.include({
      reason: 'PAYMENT_IN_PROGRESS',
      metadata: { reservation_id: 'old' },
      retryAfterMs: 1_000,
    });
  });
});
