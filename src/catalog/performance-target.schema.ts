import { z } from 'zod';
import { date, orUnset, uuid } from '../infrastructure/grpc/request-schema.ts';
import type { PerformanceTarget } from './catalog.service.ts';

/** The fields with which a request names a performance, to be spread into its schema. */
export function performanceFields() {
  return { performanceId: orUnset(uuid()), concertId: orUnset(uuid()), date: orUnset(date()) };
}

interface NamedPerformance {
  readonly performanceId: string | undefined;
  readonly concertId: string | undefined;
  readonly date: string | undefined;
}

/**
 * Turns the fields that name a performance into one target: its id alone, or concert and date together.
 *
 * @param context where each wrong field is reported
 */
export function targetOf(named: NamedPerformance, context: z.RefinementCtx): PerformanceTarget {
  const { performanceId, concertId, date } = named;
  const refuse = (field: string, message: string): never => {
    context.addIssue({ code: 'custom', path: [field], message });
    return z.NEVER;
  };
  if (performanceId !== undefined) {
    if (concertId === undefined && date === undefined) return { performanceId };
    return refuse('performanceId', 'must stand alone: the performance is named by its id, or by concert_id and date');
  }
  if (concertId !== undefined && date !== undefined) return { concertId, date };
  if (concertId !== undefined) return refuse('date', 'must be set beside concert_id');
  if (date !== undefined) return refuse('concertId', 'must be set beside date');
  return refuse('performanceId', 'must be set, or concert_id and date');
}
