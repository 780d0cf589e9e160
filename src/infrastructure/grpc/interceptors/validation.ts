import type { FieldViolation } from '../../../shared/domain-error.ts';
import type { Interceptor } from './interceptor.ts';

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Checks the request against its schema, and the idempotency key, which may stand in quotes.
 *
 * @throws INVALID_REQUEST naming every wrong field at once
 */
export function validation(): Interceptor {
  return (call, next) => {
    // One that is empty is not as good as none: its sender takes a retry for safe.
    const sent = call.metadata.get('idempotency-key')[0]?.toString();
    const key = sent?.replace(/^"(.*)"$/, '$1');
    const found: FieldViolation[] = [];
    if (key !== undefined && !IDEMPOTENCY_KEY.test(key)) {
      found.push({ field: 'idempotency-key', description: 'must be 1 to 255 visible ASCII characters' });
    }
    call.validate(found);
    call.idempotencyKey = key;
    return next();
  };
}
