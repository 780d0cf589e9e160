import { z } from 'zod';
import { money, orUnset, page, text, uuid } from '../infrastructure/grpc/request-schema.ts';

const MAX_EXTERNAL_REFERENCE = 128;

/**
 * ChargeBalanceRequest.
 *
 * @param chargeMax most that one charge may add, minor unit
 */
export function chargeBalanceRequest(chargeMax: bigint) {
  return z.object({
    userId: uuid(),
    amount: money({ min: 1n, max: chargeMax }),
    externalReference: orUnset(text({ min: 1, max: MAX_EXTERNAL_REFERENCE })),
  });
}

/** A request that names a user and nothing else. */
export const userRequest = z.object({ userId: uuid() });

/** A request for a page of what a user has. */
export const userPageRequest = z.object({ userId: uuid(), ...page() });
