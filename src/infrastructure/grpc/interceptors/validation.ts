import type { FieldViolation } from '../../../shared/domain-error.ts';
import { header } from '../header.ts';
import type { Interceptor } from './interceptor.ts';

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * Checks the request against its schema, and the idempotency key, which may stand in quotes.
 *
 * @throws INVALID_REQUEST naming every wrong field at once
 */
export function validation(): Interceptor {
  return (call, next) => {
    const sent = header(call.metadata, 'idempotency-key');
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
