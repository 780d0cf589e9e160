import { status } from '@grpc/grpc-js';
import type { Reason } from '../../shared/reasons.ts';

/** The gRPC status of each reason, as errors.proto promises. No other file chooses one. */
const STATUS_OF_REASON: Readonly<Record<Reason, status>> = {
  INVALID_REQUEST: status.INVALID_ARGUMENT,
  IDEMPOTENCY_KEY_REUSED: status.FAILED_PRECONDITION,
  REQUEST_IN_PROGRESS: status.ABORTED,
  TOKEN_MISSING: status.UNAUTHENTICATED,
  TOKEN_INVALID: status.UNAUTHENTICATED,
  TOKEN_EXPIRED: status.UNAUTHENTICATED,
  OPERATOR_KEY_MISSING: status.UNAUTHENTICATED,
  OPERATOR_KEY_INVALID: status.UNAUTHENTICATED,
  NOT_ADMITTED: status.PERMISSION_DENIED,
  TOKEN_CONCERT_MISMATCH: status.PERMISSION_DENIED,
  USER_MISMATCH: status.PERMISSION_DENIED,
  CONCERT_NOT_FOUND: status.NOT_FOUND,
  PERFORMANCE_NOT_FOUND: status.NOT_FOUND,
  DATE_NOT_FOUND: status.NOT_FOUND,
  SEAT_NOT_FOUND: status.NOT_FOUND,
  RESERVATION_NOT_FOUND: status.NOT_FOUND,
  PAYMENT_NOT_FOUND: status.NOT_FOUND,
  DATE_AMBIGUOUS: status.FAILED_PRECONDITION,
  QUEUE_NOT_OPEN: status.FAILED_PRECONDITION,
  QUEUE_DRAINING: status.FAILED_PRECONDITION,
  HOLD_ACTIVE: status.FAILED_PRECONDITION,
  SALE_NOT_OPEN: status.FAILED_PRECONDITION,
  PERFORMANCE_PAST: status.FAILED_PRECONDITION,
  SEAT_TAKEN: status.ALREADY_EXISTS,
  RESERVATION_EXISTS: status.ALREADY_EXISTS,
  SEAT_LIMIT_EXCEEDED: status.FAILED_PRECONDITION,
  HOLD_EXPIRED: status.FAILED_PRECONDITION,
  RESERVATION_RELEASED: status.FAILED_PRECONDITION,
  RESERVATION_PAID: status.FAILED_PRECONDITION,
  PAYMENT_IN_PROGRESS: status.ABORTED,
  INSUFFICIENT_BALANCE: status.FAILED_PRECONDITION,
  BALANCE_CEILING_EXCEEDED: status.FAILED_PRECONDITION,
  SEAT_LOST: status.ALREADY_EXISTS,
  PAYMENT_OUTCOME_UNKNOWN: status.UNAVAILABLE,
  STORE_UNAVAILABLE: status.UNAVAILABLE,
  SERVER_STOPPING: status.UNAVAILABLE,
  INTERNAL: status.INTERNAL,
};

/** The status of a call that succeeded. */
export const OK = status.OK;

/** The status of a call whose caller has gone. */
export const CODE_OF_END = {
  CANCELLED: status.CANCELLED,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
} as const;

/** The gRPC status that a reason travels as. */
export function codeOf(reason: Reason): status {
  return STATUS_OF_REASON[reason];
}

/** The name of a gRPC status for the log, such as `NOT_FOUND`. */
export function codeName(code: status): string {
  return status[code];
}
