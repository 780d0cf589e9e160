import { compactUuid } from '../../../../src/shared/ids.ts';
import { NOW_MS, PERFORMANCE_ID, RESERVATION_ID, reservationWith, USER_ID } from '../../support/builders.ts';

/** A reservation of a given state as the scripts answer it. */
export function replyWith(state: string, deadline = '0', endReason = '', extended = '0'): string {
  const { createdAtMs, expiresAtMs } = reservationWith();
  const times = [String(createdAtMs), String(expiresAtMs)];
  const seats = ['7,8', '50000,60000', 'KRW'];
  const end = [deadline, String(NOW_MS), endReason, extended];
  const ids = [RESERVATION_ID, compactUuid(USER_ID), PERFORMANCE_ID];
  return [...ids, state, ...seats, ...times, '17', '1', ...end].join('|');
}
