import { DomainError, storeUnavailable } from '../../shared/domain-error.ts';
import { QUERY_TIMEOUT_MESSAGE } from './pool-guard.ts';

const BUSY_RETRY_MS = 500;

/** SQLSTATEs of a transaction that lost against another one and can simply be tried again. */
const BUSY_STATES = new Set([
  '55P03', // lock_not_available: lock_timeout
  '40001', // serialization_failure
  '40P01', // deadlock_detected
]);

/** SQLSTATEs of a server that does not serve, beside the classes below. */
const UNAVAILABLE_STATES = new Set([
  '57014', // query_canceled: statement_timeout
  '53300', // too_many_connections
  '25006', // read_only_sql_transaction: a standby, right after a failover
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
]);

const SOCKET_ERRORS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** What pg and its pool say in errors that have no code. */
const CONNECTION_MESSAGES = [
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Connection terminated',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  QUERY_TIMEOUT_MESSAGE,
];

/**
 * What an error of Postgres or of its driver means to a caller.
 *
 * @returns REQUEST_IN_PROGRESS where another transaction was in the way, STORE_UNAVAILABLE where Postgres did not
 *   answer, and undefined for every other error
 */
export function translatePostgresError(error: unknown): DomainError | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth += 1) {
    const translated = translate(each, error);
    if (translated !== undefined) return translated;
    // A host name with several addresses fails with one error for each.
    if (each instanceof AggregateError) return translatePostgresError(each.errors[0]);
  }
  return undefined;
}

function translate(error: Error, cause: unknown): DomainError | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (BUSY_STATES.has(code)) {
    return new DomainError(
      'REQUEST_IN_PROGRESS',
      'Another request on the same wallet, line or key runs now, try again.',
      {
        retryAfterMs: BUSY_RETRY_MS,
        cause,
      },
    );
  }
  const unavailable =
    UNAVAILABLE_STATES.has(code) ||
    SOCKET_ERRORS.has(code) ||
    // Connection exceptions but protocol_violation, which is our own mistake, and operator interventions.
    /^(08(?!P01)...|57P..)$/.test(code) ||
    CONNECTION_MESSAGES.some((text) => error.message.startsWith(text));
  return unavailable ? storeUnavailable(cause) : undefined;
}
