import { z } from 'zod';
import { durationMs, enumOrUnset, int32, uuid } from '../infrastructure/grpc/request-schema.ts';

/** The enum AdmissionPolicy.Mode as it arrives; unspecified is unset. */
const modes = { UNSET: 'MODE_UNSPECIFIED', OPEN: 'OPEN', PAUSED: 'PAUSED', DRAINING: 'DRAINING' } as const;
const SECOND_MS = 1_000;
const DAY_MS = 24 * 60 * 60 * SECOND_MS;
const unsetDuration = () => durationMs({ minMs: SECOND_MS, maxMs: DAY_MS }).optional();

/** A request that names a concert and nothing else. */
export const concertRequest = z.object({ concertId: uuid() });

/** A request whose token says it all. */
export const emptyRequest = z.object({});

/** IssueTokenRequest. */
export const issueTokenRequest = z.object({ concertId: uuid(), userId: uuid() });

/** WatchPositionRequest: the token in it was read before. */
export const watchPositionRequest = z.object({ accessToken: z.string() });

/** UpdateAdmissionPolicyRequest. */
export const updateAdmissionPolicyRequest = z.object({
  concertId: uuid(),
  mode: enumOrUnset(modes),
  capacity: int32({ min: 0, max: 1_000_000 }).optional(),
  ratePerSecond: int32({ min: 0, max: 100_000 }).optional(),
  burst: int32({ min: 1, max: 1_000_000 }).optional(),
  admissionTtl: unsetDuration(),
  awayAfter: unsetDuration(),
  awayTtl: unsetDuration(),
});
