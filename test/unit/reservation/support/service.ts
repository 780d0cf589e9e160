import sinon from 'sinon';
import {
  ReservationService,
  type HoldSeatsInput,
  type ReservationServiceDeps,
} from '../../../../src/reservation/reservation.service.ts';
import { claimsWith, PERFORMANCE_ID, performanceWith, RESERVATION_ID } from '../../support/builders.ts';
import { stubbed } from '../../support/stubbed.ts';

/** The use cases on stubs: a performance that is on sale, and no word from Redis yet. */
export function setUp() {
  const holds = stubbed<ReservationServiceDeps['holds']>('hold', 'holdBest');
  const store = stubbed<ReservationServiceDeps['store']>('read', 'list', 'release', 'extend');
  const liveSeats = stubbed<ReservationServiceDeps['liveSeats']>('load', 'seatMap');
  const catalog = stubbed<ReservationServiceDeps['catalog']>('find');
  const queue = stubbed<ReservationServiceDeps['queue']>('position');
  const newId = sinon.stub().returns(RESERVATION_ID);
  catalog.find.resolves(performanceWith());
  const service = new ReservationService({ holds, store, liveSeats, catalog, queue, newId, random: () => 0 });
  return { service, holds, store, liveSeats, catalog, queue };
}

/** A wish for the seats 8 and 7, but for what is given. */
export function inputWith(given: Partial<HoldSeatsInput> = {}): HoldSeatsInput {
  return {
    claims: claimsWith(),
    target: { performanceId: PERFORMANCE_ID },
    wanted: [8, 7],
    replaceReservationId: undefined,
    idempotencyKey: undefined,
    ...given,
  };
}
