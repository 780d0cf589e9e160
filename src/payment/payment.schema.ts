import { z } from 'zod';
import { page, uuid } from '../infrastructure/grpc/request-schema.ts';

/** PayReservationRequest. */
export const payReservationRequest = z.object({ reservationId: uuid() });

/** GetPaymentRequest. */
export const getPaymentRequest = z.object({ userId: uuid(), paymentId: uuid() });

/** A request for a page of what a user has. */
export const userPageRequest = z.object({ userId: uuid(), ...page() });
