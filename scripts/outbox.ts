import type { EntityManager } from '@mikro-orm/core';
import { createOrm } from '../src/infrastructure/postgres/orm.ts';
import { listParked, unpark } from '../src/infrastructure/postgres/outbox-events.ts';
import { entities } from '../src/mikro-orm.config.ts';
import { isUuid } from '../src/shared/ids.ts';
import { runningStores } from './stack/running-stores.ts';

const USAGE = `usage: npm run outbox -- list               parked events, one JSON line each
       npm run outbox -- retry <event_id>   has a parked event tried again
DATABASE_URL says where; without it, the stack that npm start runs.`;
const LIST_LIMIT = 1_000;

type Command = (em: EntityManager) => Promise<void>;

/** The command that the words stand for; undefined where they stand for none. */
function commandOf(words: readonly string[]): Command | undefined {
  const [word, eventId = '', ...rest] = words;
  if (word === 'list' && words.length === 1) return list;
  if (word === 'retry' && rest.length === 0 && isUuid(eventId)) return (em) => retry(em, eventId);
  return undefined;
}

async function list(em: EntityManager): Promise<void> {
  for (const event of await listParked(em, LIST_LIMIT)) {
    const { eventId, type, orderingKey, createdAt, parkedAt, attempts, lastError, payload } = event;
    console.log(JSON.stringify({ eventId, type, orderingKey, createdAt, parkedAt, attempts, lastError, payload }));
  }
}

async function retry(em: EntityManager, eventId: string): Promise<void> {
  const isUnparked = await unpark(em, eventId);
  if (!isUnparked) process.exitCode = 1;
  console.log(isUnparked ? `${eventId} is tried again.` : `There is no parked event ${eventId}.`);
}

const command = commandOf(process.argv.slice(2));
if (command === undefined) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  const orm = createOrm({
    url: runningStores(USAGE).databaseUrl,
    entities,
    poolSize: 1,
    lockTimeoutMs: 5_000,
    stallMs: 5_000,
  });
  try {
    await command(orm.em.fork());
  } finally {
    await orm.close(true);
  }
}
