import type { NewId } from '../../../shared/ids.ts';
import { header } from '../header.ts';
import type { Interceptor } from './interceptor.ts';

const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;

/**
 * Gives the call the caller's `x-request-id`, or a new one where there is none of 1 to 128 visible ASCII characters.
 *
 * @param newId makes one
 */
export function requestId(newId: NewId): Interceptor {
  return (call, next) => {
    const sent = header(call.metadata, 'x-request-id');
    call.requestId = sent !== undefined && REQUEST_ID.test(sent) ? sent : newId();
    return next();
  };
}
