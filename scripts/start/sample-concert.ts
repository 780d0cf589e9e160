import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { localDir } from '../stack/paths.ts';

const idFile = join(localDir, 'sample-concert-id');
const dayMs = 24 * 60 * 60 * 1000;

interface Concert {
  concertId: string;
  performances: { startsAt: string }[];
}

/**
 * The id of the sample concert, which is created unless the one of an earlier start is still on sale.
 *
 * @param edgeUrl the JSON API
 * @param operatorKey allows to create concerts
 */
export async function ensureSampleConcert(edgeUrl: string, operatorKey: string): Promise<string> {
  const knownId = existsSync(idFile) ? readFileSync(idFile, 'utf8').trim() : '';
  if (knownId && (await isOnSale(edgeUrl, knownId))) return knownId;
  const response = await fetch(`${edgeUrl}/v1/concerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'operator-key': operatorKey },
    body: JSON.stringify({
      title: 'Frontrow Live in Seoul',
      venue: 'Olympic Hall',
      timeZone: 'Asia/Seoul',
      // The standard layout: 50 seats, 1–50.
      performances: [7, 8].map((days) => ({ startsAt: evening(days) })),
    }),
  });
  if (!response.ok) throw new Error(`The sample concert was refused: ${response.status} ${await response.text()}`);
  const { concert } = (await response.json()) as { concert: Concert };
  writeFileSync(idFile, `${concert.concertId}\n`);
  return concert.concertId;
}

/** 20:00 in Seoul, so many days from now, as a timestamp. */
function evening(days: number): string {
  return `${new Date(Date.now() + days * dayMs).toISOString().slice(0, 10)}T11:00:00Z`;
}

async function isOnSale(edgeUrl: string, concertId: string): Promise<boolean> {
  const response = await fetch(`${edgeUrl}/v1/concerts/${encodeURIComponent(concertId)}`);
  if (!response.ok) return false;
  const { concert } = (await response.json()) as { concert: Concert };
  return concert.performances.some(({ startsAt }) => Date.parse(startsAt) > Date.now() + dayMs);
}
