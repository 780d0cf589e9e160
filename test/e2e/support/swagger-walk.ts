import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'puppeteer-core';
import { type Answer, SwaggerPage } from './swagger-page.ts';

/** What a walk from the line to a hold needs. */
export interface WalkOptions {
  /** Of the edge, such as `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  /** A concert on sale now, with free seats. */
  readonly concertId: string;
  /** The seat to hold. */
  readonly seatNumber: number;
  /** A new user unless said otherwise. */
  readonly userId?: string;
  /** How long to wait to be let in; 20 s unless said otherwise. */
  readonly admittedWithinMs?: number;
}

/** What was seen on the way. */
export interface Walk {
  readonly userId: string;
  readonly token: string;
  /** The states of the place, each once in a row. */
  readonly states: readonly string[];
  readonly performanceId: string;
  readonly hold: Answer;
}

/** How a walk calls the API: a method by its name, its path fields, its body and the queue token. */
export type Call = (rpc: WalkRpc, pathFields: Readonly<Record<string, string>>, body?: unknown) => Promise<Answer>;

/** The methods that a walk calls. */
export type WalkRpc = 'ListAvailableDates' | 'IssueToken' | 'GetPosition' | 'HoldSeats';

const POLL_MS = 200;
const ADMITTED_WITHIN_MS = 20_000;

/**
 * Goes the way of a buyer on the documentation pages in a browser: takes a place, authorises with the token that the
 * page showed, waits to be let in, and holds a seat.
 */
export async function swaggerWalk(page: Page, options: WalkOptions): Promise<Walk> {
  const docs = new SwaggerPage(page, options.baseUrl);
  await docs.open();
  const services = {
    ListAvailableDates: 'CatalogService',
    IssueToken: 'QueueService',
    GetPosition: 'QueueService',
    HoldSeats: 'ReservationService',
  };
  return walk(
    options,
    (rpc, parameters, body) => docs.execute(services[rpc], rpc, { parameters, body }),
    (token) => docs.authorize('queueToken', token),
  );
}

/** The way of a buyer over any means of calling the API. */
export async function walk(
  options: WalkOptions,
  call: Call,
  useToken: (token: string) => Promise<void>,
): Promise<Walk> {
  const { concertId, seatNumber, userId = randomUUID(), admittedWithinMs = ADMITTED_WITHIN_MS } = options;
  const dates = expectOk<{ dates: { performances: { performanceId: string }[] }[] }>(
    await call('ListAvailableDates', { concertId }),
  );
  const performanceId = dates.dates[0]?.performances[0]?.performanceId;
  if (performanceId === undefined) throw new Error(`The concert ${concertId} has no date with a free seat.`);
  const { token } = expectOk<{ token: string }>(await call('IssueToken', { concertId }, { userId }));
  await useToken(token);
  const states = await waitForAdmission(call, Date.now() + admittedWithinMs);
  const hold = await call('HoldSeats', {}, { performanceId, seatNumbers: [seatNumber] });
  return { userId, token, states, performanceId, hold };
}

async function waitForAdmission(call: Call, untilMs: number): Promise<readonly string[]> {
  const states: string[] = [];
  while (states.at(-1) !== 'ADMITTED') {
    if (Date.now() > untilMs) throw new Error(`The place was not admitted in time; its states: ${states.join(', ')}`);
    if (states.length > 0) await sleep(POLL_MS);
    const { place } = expectOk<{ place: { state: string } }>(await call('GetPosition', {}));
    if (place.state !== states.at(-1)) states.push(place.state);
  }
  return states;
}

function expectOk<T>(answer: Answer): T {
  if (answer.status !== 200) throw new Error(`Answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body as T;
}
