import { z } from 'zod';
import { money, page, uuid } from '../infrastructure/grpc/request-schema.ts';

/**
 * ChargeBalanceRequest.
 *
 * @param chargeMax most that one charge may add, minor unit
 */
export function chargeBalanceRequest(chargeMax: bigint) {
  return z.object({ userId: uuid(), amount: money({ min: 1n, max: chargeMax }) });
}

/** A request that names a user and nothing else. */
export const userRequest = z.object({ userId: uuid() });

/** A request for a page of what a user has. */
export const userPageRequest = z.object({ userId: uuid(), ...page() });
