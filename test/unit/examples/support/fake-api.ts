import type { Place } from '../../../../examples/browser/queue-api.js';

/** A call as it was sent. */
export interface SentCall {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly body: unknown;
}

/** What the API says to one call. */
export type Reply = (signal: AbortSignal) => Promise<Response>;

export const BASE_URL = 'https://api.example';
export const CONCERT_ID = '5a8e2f1c-0d0f-4c83-9a5e-3f6a3d3c1b11';
export const USER_ID = '0b9f6a52-5d55-4f0e-8f6c-6f1f0f6f2a22';

const PATHS = {
  issueToken: `/v1/concerts/${CONCERT_ID}/queue/tokens`,
  position: '/v1/queue/position',
  leave: '/v1/queue:leave',
} as const;

/** A place as the API sends it. */
export function placeOf(fields: Partial<Place> = {}): Place {
  const position = { number: 12, position: 12, ahead: 11, soldOut: false, pollAfter: '2.500s' };
  return { concertId: CONCERT_ID, userId: USER_ID, state: 'WAITING', ...position, ...fields };
}

/** An answer with a body. */
export function ok(body: object): Reply {
  return () => Promise.resolve(Response.json(body));
}

/** A refusal as the API words it; `retryAfter` is in seconds, as in the header. */
export function refused(status: number, reason: string, retry: { header?: string; delay?: string } = {}): Reply {
  const info = { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'frontrow', metadata: {} };
  const details = retry.delay ? [info, { '@type': 'RetryInfo', retryDelay: retry.delay }] : [info];
  const headers: Record<string, string> = retry.header ? { 'retry-after': retry.header } : {};
  return () => Promise.resolve(Response.json({ code: 1, message: reason, details }, { status, headers }));
}

/** What fetch does where nobody can be reached. */
export const unreachable: Reply = () => Promise.reject(new TypeError('Failed to fetch'));

/** A call that is never answered. */
export const hanging: Reply = (signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

/** An API that says what the test tells it to. */
export class FakeApi {
  readonly calls: SentCall[] = [];
  /** For each call what is said to it, in order; the last is said again and again. */
  readonly replies: Record<keyof typeof PATHS, Reply[]> = {
    issueToken: [ok({ token: 'token-1', place: placeOf() })],
    position: [ok({ place: placeOf() })],
    leave: [ok({ place: placeOf({ state: 'LEFT' }) })],
  };

  /** The calls of one kind. */
  sent(name: keyof typeof PATHS): SentCall[] {
    return this.calls.filter(({ path }) => path === PATHS[name]);
  }

  readonly fetch = (url: string, init: RequestInit): Promise<Response> => {
    const path = url.slice(BASE_URL.length);
    const { 'queue-token': token } = init.headers as Record<string, string>;
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
    this.calls.push({ method: init.method ?? 'GET', path, token, body });
    const name = (Object.keys(PATHS) as (keyof typeof PATHS)[]).find((each) => PATHS[each] === path);
    const replies = name ? this.replies[name] : [];
    const reply = replies.length > 1 ? replies.shift() : replies[0];
    if (!reply || !init.signal) throw new Error(`${path} was not expected`);
    return reply(init.signal);
  };
}
