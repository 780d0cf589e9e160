import { expect } from 'chai';
import {
  ExtendReservationResponse,
  GetReservationResponse,
  HoldSeatsResponse,
  ReleaseReservationResponse,
} from '../../../src/generated/frontrow/v1/reservation.ts';
import { reservationHandler } from '../../../src/reservation/reservation.handler.ts';
import type { EndReason } from '../../../src/reservation/reservation.ts';
import { serverCall } from '../infrastructure/grpc/support/fakes.ts';
import { claimsWith, NOW_MS, PERFORMANCE_ID, RESERVATION_ID, reservationWith } from '../support/builders.ts';
import { setUp } from './support/service.ts';

type SetUp = ReturnType<typeof setUp>;

/** The response of a call of the place's user, in wire form, and whether it is marked as a replay. */
async function call(parts: SetUp, rpc: string, request: object, idempotencyKey?: string) {
  const method = reservationHandler(parts.service).methods.find(({ path }) => path.endsWith(`/${rpc}`));
  if (method?.responseStream !== false) throw new Error(`${rpc} is not there`);
  const context = serverCall();
  context.place = claimsWith();
  context.idempotencyKey = idempotencyKey;
  const bytes = await method.prepare(request, [])(context);
  return { bytes, replayed: context.initialMetadata().get('idempotent-replayed').length > 0 };
}

const named = { reservationId: RESERVATION_ID };
const wish = {
  performanceId: PERFORMANCE_ID,
  concertId: '',
  date: '',
  seatNumbers: [],
  best: undefined,
  replaceReservationId: '',
};

describe('a reservation as clients see it', () => {
  it('has its seats, its price, and its end as a moment and as a time from now', async () => {
    const parts = setUp();
    parts.store.read.resolves(reservationWith());
    const { bytes } = await call(parts, 'GetReservation', named);
    const { reservation } = GetReservationResponse.decode(bytes);
    expect(reservation).to.deep.include({
      reservationId: RESERVATION_ID,
      state: 'HELD',
      totalPrice: 110_000n,
      expiresAt: new Date(NOW_MS + 240_000),
      endReason: 'END_REASON_UNSPECIFIED',
      extended: false,
    });
    expect(reservation?.remaining).to.include({ seconds: 240n, nanos: 0 });
  });

  const ends: readonly [EndReason, 'RELEASED' | 'EXPIRED'][] = [
    ['BY_USER', 'RELEASED'],
    ['REPLACED', 'RELEASED'],
    ['TIME_UP', 'EXPIRED'],
    ['PAYMENT_TIME_UP', 'EXPIRED'],
    ['PERFORMANCE_CANCELED', 'RELEASED'],
  ];
  for (const [endReason, state] of ends) {
    it(`says why it ended: ${endReason}`, async () => {
      const parts = setUp();
      parts.store.read.resolves(reservationWith({ state, endReason }));
      const { bytes } = await call(parts, 'GetReservation', named);
      const { reservation } = GetReservationResponse.decode(bytes);
      expect(reservation).to.include({ state, endReason });
      expect(reservation?.remaining).to.equal(undefined);
    });
  }

  it('is what a release came to', async () => {
    const parts = setUp();
    parts.store.read.resolves(reservationWith());
    const reservation = reservationWith({ state: 'RELEASED', endReason: 'BY_USER' });
    parts.store.release.resolves({ kind: 'released', reservation });
    const { bytes } = await call(parts, 'ReleaseReservation', named);
    expect(ReleaseReservationResponse.decode(bytes).reservation).to.include({
      state: 'RELEASED',
      endReason: 'BY_USER',
    });
  });
});

describe('holding and extending for a client', () => {
  it('passes the best seats that are wanted on, and answers with the reservation', async () => {
    const parts = setUp();
    parts.holds.holdBest.resolves({ kind: 'held', reservation: reservationWith() });
    const { bytes, replayed } = await call(parts, 'HoldSeats', { ...wish, best: { count: 2, section: '' } });
    expect(HoldSeatsResponse.decode(bytes).reservation?.reservationId).to.equal(RESERVATION_ID);
    expect([parts.holds.holdBest.firstCall.args[1].count, replayed]).to.deep.equal([2, false]);
  });

  it('passes the seats and the reservation that is replaced on', async () => {
    const parts = setUp();
    parts.store.read.resolves(reservationWith());
    parts.holds.hold.resolves({ kind: 'held', reservation: reservationWith() });
    await call(parts, 'HoldSeats', { ...wish, seatNumbers: [3], replaceReservationId: RESERVATION_ID });
    const [request, seats] = parts.holds.hold.firstCall.args;
    expect(request.replaced?.reservationId).to.equal(RESERVATION_ID);
    expect(seats.map(({ number }) => number)).to.deep.equal([3]);
  });

  for (const kind of ['extended', 'replayed'] as const) {
    it(`is marked as a replay where the extension was made before, not where it is made now: ${kind}`, async () => {
      const parts = setUp();
      parts.store.read.resolves(reservationWith());
      parts.store.extend.resolves({ kind, reservation: reservationWith({ extended: true }) });
      const { bytes, replayed } = await call(parts, 'ExtendReservation', named, 'key');
      expect(ExtendReservationResponse.decode(bytes).reservation).to.include({ state: 'HELD', extended: true });
      expect(replayed).to.equal(kind === 'replayed');
    });
  }
});
