import { createHash, timingSafeEqual } from 'node:crypto';
import { DomainError } from '../../../shared/domain-error.ts';
import type { PlaceClaims } from '../../../shared/place-claims.ts';
import { header } from '../header.ts';
import type { ServerCall } from '../server-call.ts';
import type { Interceptor } from './interceptor.ts';

/** What judges credentials. */
export interface AccessPorts {
  /**
   * Reads a queue token.
   *
   * @throws TOKEN_INVALID, TOKEN_EXPIRED
   */
  verifyQueueToken(token: string): PlaceClaims;
  /**
   * Checks that a place is admitted now.
   *
   * @throws NOT_ADMITTED
   */
  requireAdmitted(claims: PlaceClaims): Promise<void>;
  /** The keys that operators may use. */
  readonly operatorKeys: readonly string[];
}

/**
 * Lets a call in by the access rule of its method. A credential that is sent is checked, whether or not the method
 * asks for one.
 *
 * The order everywhere is signature, stored outcome, state. So the admission is checked here for methods that only
 * read; an ADMITTED method that changes something checks it inside its own atomic step, after it has looked for the
 * stored outcome of the idempotency key: a retry whose answer was lost gets it, even if the admission has ended since.
 *
 * @throws TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED, NOT_ADMITTED, USER_MISMATCH, OPERATOR_KEY_MISSING,
 * OPERATOR_KEY_INVALID
 */
export function access(ports: AccessPorts): Interceptor {
  const keyDigests = ports.operatorKeys.map(digest);
  return (call, next) => {
    checkOperatorKey(call, keyDigests);
    const token = queueToken(call);
    if (token !== undefined) call.place = ports.verifyQueueToken(token);
    checkPlace(call);
    const { method, place } = call;
    const asks = method.access === 'ADMITTED' && method.readOnly && place !== undefined;
    return asks ? onceAdmitted(ports, place, next) : next();
  };
}

async function onceAdmitted<R>(ports: AccessPorts, place: PlaceClaims, next: () => Promise<R>): Promise<R> {
  await ports.requireAdmitted(place);
  return next();
}

function checkOperatorKey(call: ServerCall, keyDigests: readonly Buffer[]): void {
  const key = header(call.metadata, 'operator-key');
  if (key === undefined) {
    if (call.method.access !== 'OPERATOR') return;
    throw new DomainError('OPERATOR_KEY_MISSING', 'This call needs an operator key in the operator-key header.');
  }
  const sent = digest(key);
  // Digests are of one length, and every key is compared: neither length nor place of a key shows in the time taken.
  const matches = keyDigests.filter((known) => timingSafeEqual(known, sent));
  if (matches.length === 0) throw new DomainError('OPERATOR_KEY_INVALID', 'The operator key is not valid.');
}

function checkPlace(call: ServerCall): void {
  const { method, place } = call;
  if ((method.access === 'PLACE' || method.access === 'ADMITTED') && place === undefined) {
    throw new DomainError('TOKEN_MISSING', 'This call needs a queue token in the queue-token header.');
  }
  if (method.access === 'USER' && place !== undefined) {
    const userId = textField(call.message, 'userId').toLowerCase();
    if (userId !== place.userId) {
      throw new DomainError('USER_MISMATCH', 'The queue token that was sent belongs to another user.');
    }
  }
}

/** The token of the call: in its own header, as a bearer, or in the field that a browser's EventSource has to use. */
function queueToken(call: ServerCall): string | undefined {
  const own = header(call.metadata, 'queue-token');
  if (own !== undefined) return own;
  const bearer = header(call.metadata, 'authorization')?.match(/^bearer +(\S.*)$/i)?.[1];
  if (bearer !== undefined) return bearer;
  if (!call.method.requestFields.includes('access_token')) return undefined;
  return textField(call.message, 'accessToken') || undefined;
}

function textField(message: unknown, name: string): string {
  const value: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, name) : undefined;
  return typeof value === 'string' ? value : '';
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
