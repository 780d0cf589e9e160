import { BadRequest, ErrorInfo, RetryInfo } from '../../generated/google/rpc/error_details.ts';
import { Status } from '../../generated/google/rpc/status.ts';
import type { DomainError, FieldViolation } from '../../shared/domain-error.ts';
import { toDuration } from './wire-time.ts';

/** A detail of an error: a message in wire form with its type. */
export interface Detail {
  /** `type.googleapis.com/frontrow.v1.Place` */
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** Gives an error a detail beyond the standard ones, such as the place of NOT_ADMITTED. */
export type DetailEncoder = (error: DomainError) => Detail | undefined;

/** What the details of an error are made from. */
export interface ErrorFacts {
  readonly code: number;
  readonly message: string;
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly retryAfterMs: number | undefined;
  readonly violations: readonly FieldViolation[];
  readonly extra: readonly Detail[];
}

const DOMAIN = 'frontrow.v1';
const GOOGLE_RPC = 'type.googleapis.com/google.rpc';
// Trailers beyond some 8 KiB are dropped or refused on their way; base64 makes a third more of these bytes.
const MAX_BYTES = 4_096;
const MAX_TEXT = 200;

/**
 * The google.rpc.Status of an error in wire form, at most 4 KiB. What does not fit is left out in the order in which
 * it is missed least: extra details, wrong fields beyond the first ones, metadata.
 */
export function encodeStatus(facts: ErrorFacts): Uint8Array {
  let kept = facts;
  for (;;) {
    const bytes = encode(kept);
    const less = bytes.length <= MAX_BYTES ? undefined : shortened(kept);
    if (less === undefined) return bytes;
    kept = less;
  }
}

function shortened(facts: ErrorFacts): ErrorFacts | undefined {
  if (facts.extra.length > 0) return { ...facts, extra: facts.extra.slice(0, -1) };
  if (facts.violations.length > 1) return { ...facts, violations: facts.violations.slice(0, -1) };
  const entries = Object.entries(facts.metadata);
  if (entries.some(([, value]) => value.length > MAX_TEXT)) {
    const cut = entries.map(([key, value]): [string, string] => [key, value.slice(0, MAX_TEXT)]);
    return { ...facts, metadata: Object.fromEntries(cut) };
  }
  return entries.length > 0 ? { ...facts, metadata: Object.fromEntries(entries.slice(0, -1)) } : undefined;
}

function encode({ code, message, reason, metadata, retryAfterMs, violations, extra }: ErrorFacts): Uint8Array {
  const info = ErrorInfo.encode({ reason, domain: DOMAIN, metadata: { ...metadata } }).finish();
  const details: Detail[] = [{ typeUrl: `${GOOGLE_RPC}.ErrorInfo`, value: info }];
  if (retryAfterMs !== undefined) {
    const retryDelay = toDuration(retryAfterMs);
    details.push({ typeUrl: `${GOOGLE_RPC}.RetryInfo`, value: RetryInfo.encode({ retryDelay }).finish() });
  }
  if (violations.length > 0) {
    const fieldViolations = violations.map(({ field, description }) => ({
      field: field.slice(0, MAX_TEXT),
      description: description.slice(0, MAX_TEXT),
      reason: '',
      localizedMessage: undefined,
    }));
    details.push({ typeUrl: `${GOOGLE_RPC}.BadRequest`, value: BadRequest.encode({ fieldViolations }).finish() });
  }
  return Status.encode({ code, message, details: [...details, ...extra].map(toAny) }).finish();
}

function toAny({ typeUrl, value }: Detail): { typeUrl: string; value: Buffer } {
  return { typeUrl, value: Buffer.from(value) };
}
