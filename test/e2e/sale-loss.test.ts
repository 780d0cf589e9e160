import { spawn } from 'node:child_process';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { ensureBinaries } from '../../scripts/setup.ts';
import { rootDir } from '../../scripts/stack/paths.ts';
import { appendOnlyFile, type FileMoment } from '../support/append-only-file.ts';
import { expectBooksInOrder } from '../support/books.ts';
import { seatFaults } from '../support/hall-invariants.ts';
import { sampled, SEED, sized } from '../support/long.ts';
import { seededRandom } from '../support/random.ts';
import { connectRedis } from '../support/redis.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startOwnStores, type OwnStores } from './support/own-stores.ts';
import { SaleUnderLoss } from './support/sale-under-loss.ts';
import { putOnSale, type Sale } from './support/sale.ts';
import { startSystem, type System } from './support/system.ts';
import { WatchedMap } from './support/watched-map.ts';

const ROWS = sized(6, 40);
const SEATS_A_ROW = 15;
const SEATS = ROWS * SEATS_A_ROW;
const BUYERS = sized(8, 24);
/** How much of its last time Redis loses. */
const LOST_MS = 1_000;
const FENCE_MARGIN_MS = 10_000;
const SELLING = { timeoutMs: 60_000 };

describe(`a Redis that fails in the middle of a sale of ${SEATS} seats (TEST_SEED=${SEED})`, function () {
  this.timeout(180_000);
  let stores: OwnStores;
  let system: System;
  let database: pg.Client;

  before(async () => {
    await ensureBinaries({ postgres: true, redis: true });
    stores = await startOwnStores();
    const env = {
      HOLD_TTL_MS: '3000',
      PAYMENT_DEADLINE_MS: '2000',
      PAYMENT_FENCE_MARGIN_MS: String(FENCE_MARGIN_MS),
      CLOCK_SKEW_MS: '200',
      RECOVERY_WINDOW_MS: '500',
      REDIS_LOSS_MS: '3000',
    };
    system = await startSystem({ stores, env });
    database = new pg.Client(stores.databaseUrl);
    await database.connect();
  });
  after(async () => {
    await database.end();
    await system.stop();
  });

  const rowsOf = async (text: string): Promise<Record<string, unknown>[]> =>
    (await database.query<Record<string, unknown>>(text)).rows;
  const ticketsOf = async ({ concertId }: Sale) => {
    const rows = await rowsOf(
      `select performance_id, seat_number, user_id from tickets where state = 'VALID' and concert_id = '${concertId}'`,
    );
    return rows.map((row) => ({
      performanceId: String(row['performance_id']),
      seatNumber: Number(row['seat_number']),
      userId: String(row['user_id']),
    }));
  };
  const hall = () => {
    const startsAt = new Date(Date.now() + 86_400_000).toISOString();
    const rows = Array.from({ length: ROWS }, (_none, index) => ({ label: String(index + 1), seatCount: SEATS_A_ROW }));
    return { startsAt, layout: { sections: [{ name: 'A', price: '1000', rows }] } };
  };

  /** Redis forgets everything. */
  const flush = async () => {
    const redis = await connectRedis('test', stores.redisUrl);
    await redis.flushall();
    redis.disconnect();
  };
  /** Redis is killed and comes back with the append-only file of a moment ago, from which something was sold since. */
  const loseLastSecond = async (selling: SaleUnderLoss) => {
    const moments: (FileMoment & { readonly atMs: number })[] = [];
    const lost = () => moments.findLast(({ atMs }) => atMs <= Date.now() - LOST_MS);
    const hasSoldSince = () => {
      moments.push({ ...appendOnlyFile(stores.redisDir), atMs: Date.now() });
      const since = lost();
      return since !== undefined && selling.soldAtMs.filter((atMs) => atMs > since.atMs).length >= 3;
    };
    await waitUntil(hasSoldSince, { what: 'seats are sold within a second', ...SELLING });
    await stores.redis.kill('SIGKILL');
    const moment = lost();
    if (!moment) throw new Error('there is no such moment');
    truncateSync(moment.path, moment.bytes);
    await stores.redis.restart();
  };

  const audit = async (): Promise<readonly [number | null, string]> => {
    const child = spawn(process.execPath, [join(rootDir, 'scripts/audit.ts'), '--line'], {
      env: { ...process.env, DATABASE_URL: stores.databaseUrl },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    return [await new Promise((resolve) => child.on('close', resolve)), output];
  };

  const expectSoldOut = async (sale: Sale) => {
    const unsettled = () => rowsOf('select event_id from outbox_events where processed_at is null');
    await waitUntil(async () => (await unsettled()).length === 0, { what: 'all payments are settled', ...SELLING });
    const tickets = await ticketsOf(sale);
    const all = Array.from({ length: SEATS }, (_none, index) => index + 1);
    expect(tickets.map(({ seatNumber }) => seatNumber).toSorted((a, b) => a - b)).to.deep.equal(all);
    await expectBooksInOrder({ sql: rowsOf });
    const rows = Array.from({ length: ROWS }, (_none, row) => all.slice(row * SEATS_A_ROW, (row + 1) * SEATS_A_ROW));
    const redis = await connectRedis('test', stores.redisUrl);
    const judged = { ...sale, rows, paymentFenceMarginMs: FENCE_MARGIN_MS, tickets, unsettled: new Set<string>() };
    // The line's count of free seats is of the append-only file too, until the next count half a second later.
    const isInOrder = async () => (await seatFaults(redis, judged)).length === 0;
    await waitUntil(isInOrder, { what: 'the line has counted', timeoutMs: 3_000 }).catch(() => undefined);
    expect(await seatFaults(redis, judged)).to.deep.equal([]);
    redis.disconnect();
    expect((await audit())[0]).to.equal(0);
  };

  const losses: Readonly<Record<string, (selling: SaleUnderLoss) => Promise<void>>> = {
    'loses everything': flush,
    'loses its last second': loseLastSecond,
  };
  for (const [name, lose] of sampled(Object.entries(losses), 1)) {
    it(`and ${name} offers no sold seat again, and all are sold once`, async () => {
      const sale = await putOnSale(system, { concert: { performances: [hall()] } });
      const selling = new SaleUnderLoss(system, sale, seededRandom(SEED));
      const maps = system.servers.map(() => new WatchedMap());
      let watches = true;
      const watching = Promise.all(maps.map((map, index) => map.watch(system, index, sale, () => watches)));
      const sold = selling.run(BUYERS);
      try {
        await waitUntil(() => selling.sold.size >= SEATS / 4, { what: 'a quarter is sold', ...SELLING });
        for (const { seatNumber } of await ticketsOf(sale)) selling.sold.add(seatNumber);
        await lose(selling);
        const isSoldOut = async () => (await ticketsOf(sale)).length === SEATS;
        await waitUntil(isSoldOut, { what: 'everything is sold', ...SELLING });
        // Of a concert that is sold out nobody is let in again whose admission was lost.
        const showAll = () => maps.every((map) => !map.isOpen || map.sold.size === SEATS);
        await waitUntil(showAll, { what: 'the streams that are open show everything as sold', ...SELLING });
      } finally {
        selling.stop();
        watches = false;
        await sold;
      }
      await watching;
      expect(selling.offered).to.deep.equal([]);
      expect(selling.unexpected).to.deep.equal([]);
      expect(maps.map((map) => map.unsold)).to.deep.equal(maps.map(() => []));
      await expectSoldOut(sale);
    });
  }
});
