import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, DemoFailure } from './demo/client.ts';
import { findConcert } from './demo/concert.ts';
import { buyTicket } from './demo/purchase.ts';
import { localDir } from './stack/paths.ts';

const usage = `usage: npm run demo [base URL] [concert id]

  base URL     FRONTROW_URL if not said, else where npm start runs, else http://127.0.0.1:8080
  concert id   any concert with free seats if not said
  OPERATOR_KEY is used to create a concert where there is none`;

/** Reads a file that npm start writes, if it is there. */
function readLocal(name: string): string | undefined {
  const path = join(localDir, name);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
}

/** Where npm start runs. */
function localUrl(): string | undefined {
  const text = readLocal('stack.json');
  return text === undefined ? undefined : (JSON.parse(text) as { edgeUrl: string }).edgeUrl;
}

async function main(words: readonly string[]): Promise<void> {
  const isUrl = (word: string): boolean => /^https?:\/\//.test(word);
  const ids = words.filter((word) => !isUrl(word));
  if (words.length - ids.length > 1 || ids.length > 1 || ids.some((word) => word.startsWith('-'))) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  const given = words.find(isUrl) ?? process.env['FRONTROW_URL'];
  const baseUrl = (given || localUrl() || 'http://127.0.0.1:8080').replace(/\/+$/, '');
  // The key of this clone's own stack is of no use elsewhere, and none of their business.
  const operatorKey = process.env['OPERATOR_KEY'] || (baseUrl === localUrl() ? readLocal('operator-key') : undefined);
  const say = (line: string): void => console.log(line);
  say(`One purchase at ${baseUrl}`);
  const client = new Client(baseUrl, say);
  const concertId = await findConcert({ client, wantedId: ids[0], operatorKey, say });
  await buyTicket({ client, concertId, say });
  say('\nAll of it was as it should be.');
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`\n${error instanceof DemoFailure ? error.message : String((error as Error).stack)}`);
  process.exitCode = 1;
}
