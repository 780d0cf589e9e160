import { z } from 'zod';
import { MAX_SEATS, performanceFields, sectionName, targetOf } from '../catalog/index.ts';
import { int32, listOf, orUnset, page, uuid } from '../infrastructure/grpc/request-schema.ts';

const MAX_SEATS_A_CALL = 50;

/** HoldSeatsRequest; the output names one performance. */
export const holdSeatsRequest = z
  .object({
    ...performanceFields(),
    seatNumbers: listOf(int32({ min: 1, max: MAX_SEATS }), { min: 0, max: MAX_SEATS_A_CALL }),
    best: z.object({ count: int32({ min: 1, max: MAX_SEATS_A_CALL }), section: orUnset(sectionName()) }).optional(),
    replaceReservationId: orUnset(uuid()),
  })
  .transform(({ seatNumbers, best, replaceReservationId, ...named }, context) => {
    const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (best === undefined && seatNumbers.length === 0) refuse('seatNumbers', 'must name a seat, or best be set');
    if (best !== undefined && seatNumbers.length > 0) refuse('best', 'must not be set beside seat_numbers');
    for (const [index, number] of seatNumbers.entries()) {
      if (seatNumbers.indexOf(number) === index) continue;
      context.addIssue({ code: 'custom', path: ['seatNumbers', index], message: 'must name each seat once' });
    }
    return { wanted: best ?? seatNumbers, replaceReservationId, target: targetOf(named, context) };
  });

/** A request that names a reservation and nothing else. */
export const reservationRequest = z.object({ reservationId: uuid() });

/** ListReservationsRequest. */
export const listReservationsRequest = z.object(page());
