/**
 * The reasons that a refusal can have, the same names as `ErrorDetail.Reason` in proto/frontrow/v1/errors.proto (a test
 * compares the two). The domains choose a reason; which gRPC status it travels as is decided in
 * infrastructure/grpc/status-map.ts alone.
 */
export const REASONS = [
  'INVALID_REQUEST',
  'IDEMPOTENCY_KEY_REUSED',
  'REQUEST_IN_PROGRESS',
  'TOKEN_MISSING',
  'TOKEN_INVALID',
  'TOKEN_EXPIRED',
  'OPERATOR_KEY_MISSING',
  'OPERATOR_KEY_INVALID',
  'NOT_ADMITTED',
  'TOKEN_CONCERT_MISMATCH',
  'USER_MISMATCH',
  'CONCERT_NOT_FOUND',
  'PERFORMANCE_NOT_FOUND',
  'DATE_NOT_FOUND',
  'SEAT_NOT_FOUND',
  'RESERVATION_NOT_FOUND',
  'PAYMENT_NOT_FOUND',
  'DATE_AMBIGUOUS',
  'SECTION_NOT_FOUND',
  'TICKET_NOT_FOUND',
  'QUEUE_NOT_OPEN',
  'QUEUE_DRAINING',
  'HOLD_ACTIVE',
  'SALE_NOT_OPEN',
  'PERFORMANCE_PAST',
  'SEAT_TAKEN',
  'RESERVATION_EXISTS',
  'SEAT_LIMIT_EXCEEDED',
  'HOLD_EXPIRED',
  'RESERVATION_RELEASED',
  'RESERVATION_PAID',
  'PAYMENT_IN_PROGRESS',
  'EXTENSION_USED',
  'NO_ADJACENT_SEATS',
  'INSUFFICIENT_BALANCE',
  'BALANCE_CEILING_EXCEEDED',
  'SEAT_LOST',
  'PAYMENT_OUTCOME_UNKNOWN',
  'CHARGE_DAY_EXCEEDED',
  'EXTERNAL_REFERENCE_USED',
  'TICKET_ALREADY_REFUNDED',
  'STORE_UNAVAILABLE',
  'SERVER_STOPPING',
  'INTERNAL',
] as const;

/** Why a call was refused. */
export type Reason = (typeof REASONS)[number];
