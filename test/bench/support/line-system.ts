import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startPostgres } from '../../../scripts/stack/postgres.ts';
import { startRedis } from '../../../scripts/stack/redis.ts';
import { startServer, type Server } from '../../../scripts/stack/server.ts';
import { QueueStore } from '../../../src/queue/index.ts';
import { objectAt, textAt, type JsonObject } from '../../e2e/support/door.ts';
import { grpcDoor } from '../../e2e/support/grpc-door.ts';
import { succeeded } from '../../e2e/support/sale.ts';
import { LoadClient } from './load-client.ts';

/** One server process on stores of its own, with the durability of `npm start`, and the ways to ask and measure it. */
export interface LineSystem {
  readonly server: Server;
  /** A server that does as little as can be for the same calls. */
  readonly baseline: Server;
  /** Makes many calls. */
  readonly client: LoadClient;
  /** A connection of the benchmark's own, to fill lines and to ask Redis about itself. */
  readonly redis: Redis;
  readonly store: QueueStore;
  /** Makes one call, which has to succeed. */
  call(rpc: string, request?: JsonObject, headers?: Readonly<Record<string, string>>): Promise<JsonObject>;
  /** Makes one call as an operator. */
  operate(rpc: string, request: JsonObject): Promise<JsonObject>;
  /** Puts a concert on sale whose doors are paused and whose waiters are never taken for gone. */
  pausedConcert(): Promise<string>;
  stop(): Promise<void>;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
/** As long as the token of a place, 420 characters of base64url and dots. */
const TOKEN_BYTES = 315;

/** Starts everything, and stops what was started where something fails. */
export async function startLineSystem(): Promise<LineSystem> {
  const started: (() => Promise<unknown> | void)[] = [];
  const stop = async () => {
    for (const end of started.splice(0).toReversed()) await end();
  };
  try {
    return await start(started, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(started: (() => Promise<unknown> | void)[], stop: () => Promise<void>): Promise<LineSystem> {
  const postgres = await startPostgres({ persistent: false, durable: true });
  started.push(() => postgres.stop());
  await postgres.createDatabase('frontrow');
  const stored = await startRedis({ appendOnly: true });
  started.push(() => stored.stop());
  const operatorKey = randomBytes(16).toString('hex');
  const env = {
    REDIS_URL: stored.url,
    DATABASE_URL: postgres.url('frontrow'),
    QUEUE_TOKEN_KEYS: `bench:${randomBytes(32).toString('base64url')}`,
    OPERATOR_KEYS: operatorKey,
  };
  const server = await startServer({ env, name: 'server' });
  started.push(() => server.stop());
  const baseline = await startServer({
    name: 'baseline',
    script: join(import.meta.dirname, 'line-baseline-process.ts'),
    env: {
      BASELINE_REDIS_URL: stored.url,
      BASELINE_CONCERT_ID: randomUUID(),
      BASELINE_TOKEN: randomBytes(TOKEN_BYTES).toString('base64url'),
    },
  });
  started.push(() => baseline.stop());
  const client = new LoadClient();
  started.push(() => client.stop());
  const redis = new Redis(stored.url);
  started.push(() => redis.disconnect());
  const door = grpcDoor('gRPC', `127.0.0.1:${server.grpcPort}`);
  started.push(() => door.close());

  const call: LineSystem['call'] = async (rpc, request, headers) => succeeded(await door.call(rpc, request, headers));
  const operate: LineSystem['operate'] = (rpc, request) => call(rpc, request, { 'operator-key': operatorKey });
  return {
    server,
    baseline,
    client,
    redis,
    store: new QueueStore(redis, DAY_MS),
    call,
    operate,
    async pausedConcert() {
      const startsAt = { seconds: Math.floor((Date.now() + 7 * DAY_MS) / 1_000) };
      const concert = { title: 'A', venue: 'B', timeZone: 'Asia/Seoul', performances: [{ startsAt }] };
      const created = await operate('CatalogService.CreateConcert', concert);
      const concertId = textAt(objectAt(created, 'concert'), 'concertId');
      const awayAfter = { seconds: DAY_MS / 1_000 };
      await operate('QueueService.UpdateAdmissionPolicy', { concertId, mode: 'PAUSED', awayAfter });
      // Whoever asks for the line first opens it.
      await operate('QueueService.GetQueueStats', { concertId });
      return concertId;
    },
    stop,
  };
}
