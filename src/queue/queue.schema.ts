import { z } from 'zod';
import { durationMs, enumOrUnset, int32, page, uuid } from '../infrastructure/grpc/request-schema.ts';
import { POLICY_LIMITS } from '../shared/policy-limits.ts';

/** The enum AdmissionPolicy.Mode as it arrives; unspecified is unset. */
const modes = { UNSET: 'MODE_UNSPECIFIED', OPEN: 'OPEN', PAUSED: 'PAUSED', DRAINING: 'DRAINING' } as const;
const { min: minMs, max: maxMs } = POLICY_LIMITS.timeMs;
const unsetDuration = () => durationMs({ minMs, maxMs }).optional();

/** A request that names a concert and nothing else. */
export const concertRequest = z.object({ concertId: uuid() });

/** A request whose token says it all. */
export const emptyRequest = z.object({});

/** IssueTokenRequest. */
export const issueTokenRequest = z.object({ concertId: uuid(), userId: uuid() });

/** WatchPositionRequest: the token in it was read before. */
export const watchPositionRequest = z.object({ accessToken: z.string() });

/** ListAdmissionsRequest. */
export const listAdmissionsRequest = z.object({ concertId: uuid(), ...page() });

/** UpdateAdmissionPolicyRequest. */
export const updateAdmissionPolicyRequest = z.object({
  concertId: uuid(),
  mode: enumOrUnset(modes),
  capacity: int32(POLICY_LIMITS.capacity).optional(),
  ratePerSecond: int32(POLICY_LIMITS.ratePerSecond).optional(),
  burst: int32(POLICY_LIMITS.burst).optional(),
  admissionTtl: unsetDuration(),
  awayAfter: unsetDuration(),
  awayTtl: unsetDuration(),
  seatHeadroomPercent: int32(POLICY_LIMITS.seatHeadroomPercent).optional(),
});
