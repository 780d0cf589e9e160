import { compactUuid } from '../../../../src/shared/ids.ts';
import { NOW_MS, PERFORMANCE_ID, RESERVATION_ID, reservationWith, USER_ID } from '../../support/builders.ts';
import type { Reply } from '../../support/fake-redis.ts';

/** A reservation of a given state as the scripts answer it. */
export function replyWith(state: string, deadline = '0', endReason = '', extended = '0'): Reply {
  const { createdAtMs, expiresAtMs } = reservationWith();
  const times = [String(createdAtMs), String(expiresAtMs)];
  const seats = ['7,8', '50000,60000', 'KRW'];
  const end = [deadline, String(NOW_MS), endReason, extended];
  return [RESERVATION_ID, compactUuid(USER_ID), PERFORMANCE_ID, state, ...seats, ...times, '17', '1', ...end];
}
