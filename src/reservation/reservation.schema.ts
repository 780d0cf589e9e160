import { z } from 'zod';
import { MAX_SEATS, performanceFields, targetOf } from '../catalog/index.ts';
import { int32, listOf, page, uuid } from '../infrastructure/grpc/request-schema.ts';

const MAX_SEATS_A_CALL = 50;

/** HoldSeatsRequest; the output names one performance. */
export const holdSeatsRequest = z
  .object({
    ...performanceFields(),
    seatNumbers: listOf(int32({ min: 1, max: MAX_SEATS }), { min: 1, max: MAX_SEATS_A_CALL }),
  })
  .transform(({ seatNumbers, ...named }, context) => {
    for (const [index, number] of seatNumbers.entries()) {
      if (seatNumbers.indexOf(number) === index) continue;
      context.addIssue({ code: 'custom', path: ['seatNumbers', index], message: 'must name each seat once' });
    }
    return { seatNumbers, target: targetOf(named, context) };
  });

/** A request that names a reservation and nothing else. */
export const reservationRequest = z.object({ reservationId: uuid() });

/** ListReservationsRequest. */
export const listReservationsRequest = z.object(page());
