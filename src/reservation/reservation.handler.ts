import {
  Reservation_EndReason,
  ReservationServiceService,
  type Reservation as ReservationMessage,
} from '../generated/frontrow/v1/reservation.ts';
import { requirePlace } from '../infrastructure/grpc/call-context.ts';
import { defineService, type GrpcService } from '../infrastructure/grpc/service.ts';
import { toOptionalDuration } from '../infrastructure/grpc/wire-time.ts';
import { holdSeatsRequest, listReservationsRequest, reservationRequest } from './reservation.schema.ts';
import type { ReservationService } from './reservation.service.ts';
import { remainingMs, totalPrice, type Reservation } from './reservation.ts';

/** The gRPC edge of holding seats. */
export function reservationHandler(reservations: ReservationService): GrpcService {
  return defineService(ReservationServiceService, {
    holdSeats: {
      schema: holdSeatsRequest,
      async handle(request, context) {
        const { idempotencyKey } = context;
        const input = { ...request, claims: requirePlace(context), idempotencyKey };
        const { reservation, replayed } = await reservations.holdSeats(input);
        if (replayed) context.markReplayed();
        return { reservation: toReservation(reservation) };
      },
    },
    getReservation: {
      schema: reservationRequest,
      async handle({ reservationId }, context) {
        return { reservation: toReservation(await reservations.get(requirePlace(context), reservationId)) };
      },
    },
    listReservations: {
      schema: listReservationsRequest,
      async handle(request, context) {
        const { items, nextPageToken } = await reservations.list(requirePlace(context), request);
        return { reservations: items.map(toReservation), nextPageToken: nextPageToken ?? '' };
      },
    },
    releaseReservation: {
      schema: reservationRequest,
      async handle({ reservationId }, context) {
        return { reservation: toReservation(await reservations.release(requirePlace(context), reservationId)) };
      },
    },
    extendReservation: {
      schema: reservationRequest,
      async handle({ reservationId }, context) {
        const { idempotencyKey } = context;
        const { reservation, replayed } = await reservations.extend(
          requirePlace(context),
          reservationId,
          idempotencyKey,
        );
        if (replayed) context.markReplayed();
        return { reservation: toReservation(reservation) };
      },
    },
  });
}

function toReservation(reservation: Reservation): ReservationMessage {
  return {
    reservationId: reservation.reservationId,
    userId: reservation.userId,
    concertId: reservation.concertId,
    performanceId: reservation.performanceId,
    state: reservation.state,
    seats: reservation.seats.map(({ number, price }) => ({ number, price })),
    totalPrice: totalPrice(reservation),
    currencyCode: reservation.currencyCode,
    createdAt: new Date(reservation.createdAtMs),
    expiresAt: new Date(reservation.expiresAtMs),
    remaining: toOptionalDuration(remainingMs(reservation)),
    endReason: reservation.endReason ?? Reservation_EndReason.END_REASON_UNSPECIFIED,
    extended: reservation.extended,
  };
}
