import { storeUnavailable, type DomainError } from '../../shared/domain-error.ts';

const UNAVAILABLE_NAMES = new Set(['MaxRetriesPerRequestError', 'AbortError', 'ClusterAllFailedError']);
const UNAVAILABLE_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);
/** Replies of a server that is up but cannot serve now. */
const UNAVAILABLE_REPLIES =
  /^(LOADING|MASTERDOWN|READONLY|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|BUSY|NOREPLICAS|MISCONF|OOM)\b/;
/** ioredis has no error class for these. */
const UNAVAILABLE_TEXTS =
  /^(Connection is closed|Command timed out|Stream isn't writeable|Socket closed|connect ETIMEDOUT|Too many Cluster redirections|Cluster isn't ready|None of startup nodes is available)/;

/**
 * Says whether an error of the driver means that Redis does not answer.
 *
 * @returns STORE_UNAVAILABLE, or undefined where the error is something else
 */
export function translateRedisError(error: unknown): DomainError | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const gone =
    UNAVAILABLE_NAMES.has(error.name) ||
    UNAVAILABLE_CODES.has(code) ||
    UNAVAILABLE_REPLIES.test(error.message) ||
    UNAVAILABLE_TEXTS.test(error.message);
  return gone ? storeUnavailable(error) : undefined;
}
