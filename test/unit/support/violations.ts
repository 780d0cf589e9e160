import type { z } from 'zod';
import { checked } from '../../../src/infrastructure/grpc/checked.ts';
import { DomainError } from '../../../src/shared/domain-error.ts';

/**
 * What the edge says of a request.
 *
 * @returns `field: description` for each wrong field; empty where the request is right
 */
export function violationsOf(schema: z.ZodType, request: object): readonly string[] {
  try {
    checked(schema, request);
    return [];
  } catch (error) {
    if (!(error instanceof DomainError) || error.reason !== 'INVALID_REQUEST') throw error;
    return error.violations.map(({ field, description }) => `${field}: ${description}`);
  }
}
