import { systemClock } from '../../../src/shared/clock.ts';
import { newId } from '../../../src/shared/ids.ts';
import type { PlaceClaims } from '../../../src/shared/place-claims.ts';
import { migrate } from '../../../src/infrastructure/postgres/migrate.ts';
import { QueueStore, QueueTokens } from '../../../src/queue/index.ts';
import { ensureBinaries } from '../../../scripts/setup.ts';
import { startPostgres } from '../../../scripts/stack/postgres.ts';
import { startRedis } from '../../../scripts/stack/redis.ts';
import type { JsonObject } from '../../e2e/support/door.ts';
import { newUserId, startSystem, type System } from '../../e2e/support/system.ts';
import { putOnSale, takePlace, type Fan, type Sale } from '../../e2e/support/sale.ts';
import { connectRedis } from '../../support/redis.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** So many joins are on their way at once. */
const JOIN_BATCH = 500;
/** The most seats that a concert may allow one user, and one call. */
export const SEATS_PER_BUYER = 50;
const ROW_SEATS = 1_000;

/** A place in the line with its token. */
export interface Ticket extends PlaceClaims {
  readonly token: string;
}

/** One server process behind Envoy with stores of its own, set as in production. */
export interface WatchSystem extends System {
  readonly redisPid: number;
}

/** Starts the system; its `stop` ends everything. */
export async function startWatchSystem(): Promise<WatchSystem> {
  await ensureBinaries({ postgres: true, redis: true, envoy: true });
  const postgres = await startPostgres({ persistent: false, durable: false });
  const redis = await startRedis({ appendOnly: true });
  const drop = async (): Promise<void> => {
    await redis.stop();
    await postgres.stop();
  };
  try {
    await postgres.createDatabase('frontrow');
    const databaseUrl = postgres.url('frontrow');
    await migrate(databaseUrl);
    const stores = { redisUrl: redis.url, databaseUrl, drop };
    // The defaults of the server, which tests make quicker.
    const env = { TICK_MS: '200', RELAY_INTERVAL_MS: '500', REDIS_LOSS_MS: '3000', HEARTBEAT_MS: '15000' };
    return { ...(await startSystem({ instances: 1, stores, env })), redisPid: redis.pid };
  } catch (error) {
    await drop();
    throw error;
  }
}

/** A line whose doors are still shut, and the first who stands in it. */
export interface WatchSale extends Sale {
  readonly first: Fan;
}

/** Puts a concert on sale, its doors paused, with enough free seats that they never hold admissions up. */
export async function putWatchedSaleOn(system: System, seats: number, doors: JsonObject): Promise<WatchSale> {
  const rows = Array.from({ length: seats / ROW_SEATS }, (_none, row) => ({ label: `${row}`, seatCount: ROW_SEATS }));
  const layout = { sections: [{ name: 'Floor', price: '50000', rows }] };
  const startsAt = new Date(Date.now() + DAY_MS).toISOString();
  const concert = { seatsPerUser: SEATS_PER_BUYER, performances: [{ startsAt, layout }] };
  const policy = { capacity: 100_000, admissionTtl: '3600s', awayAfter: '3600s', mode: 'PAUSED', ...doors };
  const sale = await putOnSale(system, { concert, policy });
  // The line opens with whoever comes first.
  return { ...sale, first: await takePlace(system.json, sale.concertId) };
}

/**
 * Gives so many users places and tokens, in the order of their numbers: by the script and with the key of the server, since
 * as many calls would take longer than what is measured.
 */
export async function takePlaces(system: System, concertId: string, count: number): Promise<readonly Ticket[]> {
  const redis = await connectRedis('bench', system.redisUrl);
  try {
    const store = new QueueStore(redis, HOUR_MS);
    const secret = Buffer.from(system.tokenSecret, 'base64url');
    const tokens = new QueueTokens([{ kid: 'test', secret }], DAY_MS, systemClock, newId);
    const take = async (): Promise<Ticket> => {
      const [joined] = (await store.join(concertId, [newUserId()])) ?? [];
      if (joined?.kind !== 'joined') throw new Error(`joining came to ${joined?.kind}`);
      const { userId, epoch, number } = joined.place;
      return { userId, concertId, epoch, number, token: tokens.sign(joined.place).token };
    };
    const tickets: Ticket[] = [];
    while (tickets.length < count) {
      const batch = Array.from({ length: Math.min(JOIN_BATCH, count - tickets.length) }, take);
      tickets.push(...(await Promise.all(batch)));
    }
    return tickets.toSorted((a, b) => a.number - b.number);
  } finally {
    redis.disconnect();
  }
}
