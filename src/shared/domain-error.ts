import type { Reason } from './reasons.ts';

/** One wrong field of a request. */
export interface FieldViolation {
  /** Path of the field by its proto name, such as `seat_numbers[2]`. */
  readonly field: string;
  /** What is wrong, as a sentence that names the rule. */
  readonly description: string;
}

/** What a refusal carries beside its reason and its text. */
export interface DomainErrorOptions {
  /** What errors.proto lists for the reason; never a secret, never text of a store. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** After how long the same call can succeed; set only where a blind retry helps. */
  readonly retryAfterMs?: number;
  /** The wrong fields, for INVALID_REQUEST. */
  readonly violations?: readonly FieldViolation[];
  /** What caused it: for the log, never for the wire. */
  readonly cause?: unknown;
}

/**
 * A refusal that the caller is meant to see. Everything else that is thrown is unexpected: it is logged with its cause
 * and answered with a fixed text.
 */
export class DomainError extends Error {
  readonly reason: Reason;
  readonly metadata: Readonly<Record<string, string>>;
  readonly retryAfterMs: number | undefined;
  readonly violations: readonly FieldViolation[];

  constructor(reason: Reason, message: string, options: DomainErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'DomainError';
    this.reason = reason;
    this.metadata = options.metadata ?? {};
    this.retryAfterMs = options.retryAfterMs;
    this.violations = options.violations ?? [];
  }
}

/**
 * The refusal of a request with wrong fields.
 *
 * @param violations each wrong field with what is wrong about it
 */
export function invalidRequest(violations: readonly FieldViolation[]): DomainError {
  const fields = violations.map((violation) => violation.field).join(', ');
  return new DomainError('INVALID_REQUEST', `Invalid: ${fields}.`.slice(0, 500), { violations });
}

/**
 * The refusal while a store does not answer. Nothing is known to have changed.
 *
 * @param cause what the store's driver said, for the log
 */
export function storeUnavailable(cause: unknown): DomainError {
  return new DomainError('STORE_UNAVAILABLE', 'The service is briefly unavailable, try again.', {
    retryAfterMs: 1_000,
    cause,
  });
}
