import type { Page } from 'puppeteer-core';
import type { Answer } from './swagger-page.ts';
import { type Walk, type WalkOptions, type WalkRpc, walk } from './swagger-walk.ts';

/** What a page of another origin saw. */
export interface CrossOriginWalk extends Walk {
  /** The first message of the place's event stream, read by EventSource. */
  readonly firstEvent: unknown;
  /** A refusal: its body is readable only with CORS headers on errors too. */
  readonly refusal: Answer;
}

const routes: Readonly<Record<WalkRpc, readonly [method: string, path: string]>> = {
  ListAvailableDates: ['GET', '/v1/concerts/{concertId}/dates'],
  IssueToken: ['POST', '/v1/concerts/{concertId}/queue/tokens'],
  GetPosition: ['GET', '/v1/queue/position'],
  HoldSeats: ['POST', '/v1/reservations'],
};

/**
 * Goes the way of a buyer by fetch in a page that comes from another origin than the API: every call needs CORS, and
 * those with a token or a body a preflight.
 *
 * @param origin of a site that startSite made
 */
export async function crossOriginWalk(page: Page, origin: string, options: WalkOptions): Promise<CrossOriginWalk> {
  await page.goto(origin);
  const headers: Record<string, string> = {};
  const seen = await walk(
    options,
    (rpc, pathFields, body) => {
      const [method, template] = routes[rpc];
      const path = template.replace(/\{(\w+)\}/g, (_variable, name: string) => pathFields[name] ?? '');
      return fetchInPage(page, new URL(path, options.baseUrl).href, method, headers, body);
    },
    (token) => {
      headers['queue-token'] = token;
      return Promise.resolve();
    },
  );
  const streamUrl = new URL(`/v1/queue/position:watch?access_token=${seen.token}`, options.baseUrl).href;
  return {
    ...seen,
    firstEvent: await firstEventInPage(page, streamUrl),
    refusal: await fetchInPage(page, new URL('/v1/queue/position', options.baseUrl).href, 'GET', {
      'queue-token': 'not-a-token',
    }),
  };
}

function fetchInPage(
  page: Page,
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  body?: unknown,
): Promise<Answer> {
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  const init = { method, headers: { ...headers, ...json }, body: body === undefined ? null : JSON.stringify(body) };
  return page.evaluate(
    async (target, request) => {
      const response = await fetch(target, request);
      return { status: response.status, body: await response.json() };
    },
    url,
    init,
  );
}

/** Written as text, since EventSource is the browser's and unknown here. */
async function firstEventInPage(page: Page, url: string): Promise<unknown> {
  return page.evaluate(`new Promise((resolve, reject) => {
    const source = new EventSource(${JSON.stringify(url)});
    source.onmessage = ({ data }) => { source.close(); resolve(JSON.parse(data)); };
    source.onerror = () => { source.close(); reject(new Error('the event stream failed')); };
  })`);
}
