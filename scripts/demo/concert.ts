import { randomUUID } from 'node:crypto';
import { expect, type Client } from './client.ts';

/** Where to look for a concert. */
export interface ConcertOptions {
  readonly client: Client;
  /** This one and no other. */
  readonly wantedId: string | undefined;
  /** Allows to create a concert where there is none. */
  readonly operatorKey: string | undefined;
  /** Shows a line. */
  readonly say: (line: string) => void;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
const CONCERTS_LOOKED_AT = 20;

/** The id of a concert with free seats; where there is none, and an operator's key, of a new one. */
export async function findConcert({ client, wantedId, operatorKey, say }: ConcertOptions): Promise<string> {
  say('\n1. What is on sale');
  const path = `/v1/concerts?pageSize=${CONCERTS_LOOKED_AT}`;
  const { concerts } = (await client.call('listConcerts', { method: 'GET', path })).body;
  say(`  200 ${concerts.map(({ title, venue }) => `"${title}" at ${venue}`).join(', ') || 'nothing yet'}`);
  if (wantedId !== undefined) return wantedId;
  for (const { concertId } of concerts) {
    const dates = { method: 'GET', path: `/v1/concerts/${concertId}/dates` } as const;
    if ((await client.call('listAvailableDates', dates)).body.dates.length > 0) return concertId;
  }
  expect(
    operatorKey !== undefined,
    'No concert has a free seat. With an operator key in OPERATOR_KEY this command creates one.',
  );
  return createConcert(client, operatorKey);
}

async function createConcert(client: Client, operatorKey: string): Promise<string> {
  const date = new Date(Date.now() + 7 * DAY_MS).toISOString().slice(0, 10);
  const { concert } = (
    await client.call('createConcert', {
      method: 'POST',
      path: '/v1/concerts',
      headers: { 'operator-key': operatorKey, 'idempotency-key': randomUUID() },
      body: {
        title: 'Frontrow Live in Seoul',
        venue: 'Olympic Hall',
        timeZone: 'Asia/Seoul',
        performances: [{ startsAt: `${date}T11:00:00Z` }],
      },
    })
  ).body;
  return concert.concertId;
}
