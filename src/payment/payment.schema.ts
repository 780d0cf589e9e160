import { z } from 'zod';
import { listOf, page, uuid } from '../infrastructure/grpc/request-schema.ts';

/** As many as a reservation can have. */
const MAX_TICKETS_A_CALL = 50;

/** PayReservationRequest. */
export const payReservationRequest = z.object({ reservationId: uuid() });

/** GetPaymentRequest. */
export const getPaymentRequest = z.object({ userId: uuid(), paymentId: uuid() });

/** A request for a page of what a user has. */
export const userPageRequest = z.object({ userId: uuid(), ...page() });

/** RefundPaymentRequest. */
export const refundPaymentRequest = z
  .object({ paymentId: uuid(), ticketIds: listOf(uuid(), { min: 0, max: MAX_TICKETS_A_CALL }) })
  .superRefine(({ ticketIds }, context) => {
    for (const [index, id] of ticketIds.entries()) {
      if (ticketIds.indexOf(id) === index) continue;
      context.addIssue({ code: 'custom', path: ['ticketIds', index], message: 'must name each ticket once' });
    }
  });

/** A request that names a performance and nothing else. */
export const performanceRequest = z.object({ performanceId: uuid() });
