import { pino } from 'pino';
import { audit, AUDIT_TIMES, type AuditGroup } from '../src/audit/index.ts';
import { connectRedis, createRedis } from '../src/infrastructure/redis/client.ts';
import { createOrm } from '../src/infrastructure/postgres/orm.ts';
import { entities } from '../src/mikro-orm.config.ts';
import { runningStores } from './stack/running-stores.ts';

const USAGE = `usage: npm run audit [-- --money --line --seats]    (all of them by default)
The system is that at DATABASE_URL and REDIS_URL, or the one that npm start runs.`;
const GROUPS: Readonly<Record<string, AuditGroup>> = { '--money': 'money', '--line': 'line', '--seats': 'seats' };

const CONNECT_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 10_000;
/** A query of the whole ledger may take its time; nobody waits for it. */
const ANSWER_TIMEOUT_MS = 3_600_000;

const CODES = { clean: 0, faulty: 1, unusable: 2 } as const;

/** @param redisUrl empty where it is not needed */
async function connect(redisUrl: string) {
  if (!redisUrl) return undefined;
  const logger = pino({ level: 'silent' });
  const redis = createRedis({ url: redisUrl, commandTimeoutMs: COMMAND_TIMEOUT_MS, logger, name: 'audit' });
  try {
    await connectRedis(redis);
    await redis.ping();
    return redis;
  } catch (error) {
    redis.disconnect();
    throw new Error('Redis does not answer.', { cause: error });
  }
}

/** Prints one JSON line a check, and a last one that sums up; returns the exit code. */
async function run(groups: readonly AuditGroup[]): Promise<number> {
  const { databaseUrl, redisUrl } = runningStores(USAGE);
  const needsRedis = groups.includes('seats');
  if (needsRedis && !redisUrl) throw new Error(`There is no REDIS_URL.\n${USAGE}`);
  const redis = await connect(needsRedis ? redisUrl : '');
  const orm = createOrm({
    url: databaseUrl,
    entities,
    poolSize: 1,
    lockTimeoutMs: CONNECT_TIMEOUT_MS,
    stallMs: CONNECT_TIMEOUT_MS,
    answerMs: ANSWER_TIMEOUT_MS,
  });
  try {
    let faults = 0;
    for await (const report of audit({ em: orm.em, ...(redis && { redis }) }, groups, AUDIT_TIMES)) {
      faults += report.faultCount;
      console.log(JSON.stringify(report));
    }
    console.log(JSON.stringify({ audit: faults === 0 ? 'clean' : 'faulty', faults }));
    return faults === 0 ? CODES.clean : CODES.faulty;
  } finally {
    redis?.disconnect();
    await orm.close(true);
  }
}

const words = process.argv.slice(2).filter((word) => word !== '--');
const asked = words.map((word) => GROUPS[word]);
if (asked.includes(undefined)) {
  console.error(USAGE);
  process.exitCode = CODES.unusable;
} else {
  const groups = asked.filter((group) => group !== undefined);
  try {
    process.exitCode = await run(groups.length > 0 ? groups : Object.values(GROUPS));
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = CODES.unusable;
  }
}
