import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisClient } from '../../src/infrastructure/redis/client.ts';
import { startChild, type Child } from '../../scripts/stack/child.ts';
import { rootDir } from '../../scripts/stack/paths.ts';
import { makeTempDir } from '../../scripts/stack/temp-dir.ts';
import { getBackend } from './backend.ts';
import { booksFaults } from './books.ts';
import { BUSY_BEGUN, BUSY_READY, BUSY_TIMES, CHARGE_KEYS, type BusyConcert } from './busy-order.ts';
import { TestDomain } from './domain.ts';
import { seatFaults } from './hall-invariants.ts';
import { waitUntil } from './wait-until.ts';

/** Rows of each hall, and so many seats in each. */
const ROWS = [12, 3, 1, 20, 8, 6];
const SEAT_COUNT = ROWS.reduce((sum, count) => sum + count, 0);
const PERFORMANCES = 2;
const CONCERTS = 2;
const USERS = 8;
/** With so few free seats a concert is over, and another one takes its place. */
const FEW_SEATS = 15;
const START_TIMEOUT_MS = 60_000;
const PRICE = 1_000n;
/** A process is killed at a random moment of so many. */
const LIFE_MS = 400;

/** What a lane came to. */
export interface LaneOutcome {
  readonly kills: number;
  readonly tickets: number;
  readonly soldOut: number;
}

/**
 * A database of its own in which busy processes sell, one after the other, each killed at a random moment. What they leave
 * behind is judged after each, and the next one goes on with it.
 */
export class BusyLane {
  readonly #domain: TestDomain;
  readonly #redisUrl: string;
  readonly #cacheDir = makeTempDir('busy');
  readonly #concerts: BusyConcert[] = [];
  readonly #random: () => number;
  #started = 0;
  #soldOut = 0;

  private constructor(domain: TestDomain, redisUrl: string, random: () => number) {
    this.#domain = domain;
    this.#redisUrl = redisUrl;
    this.#random = random;
  }

  /** Makes the database, with concerts on sale. */
  static async open(random: () => number): Promise<BusyLane> {
    const domain = await TestDomain.open(BUSY_TIMES);
    const lane = new BusyLane(domain, (await getBackend()).redisUrl, random);
    for (let each = 0; each < CONCERTS; each += 1) await lane.#putOnSale();
    return lane;
  }

  /**
   * Kills so many processes, one after the other; the next one starts meanwhile.
   *
   * @param goesOn asked before each
   * @throws with everything that is not as it has to be after a kill
   */
  async run(kills: number, seed: number, goesOn: () => boolean): Promise<LaneOutcome> {
    let next = this.#start();
    let killed = 0;
    try {
      for (; killed < kills && goesOn(); killed += 1) {
        const [child, name] = await next;
        next = this.#start();
        await this.#killAtRandom(child, name, seed + killed);
        const faults = await this.#faults(child);
        if (faults.length > 0) throw new Error(`after kill ${killed} of seed ${seed}:\n${faults.join('\n')}`);
        await this.#replaceSoldOut();
      }
    } finally {
      const [left] = await next;
      await left.stop();
    }
    const [counted] = await this.#domain.sql('select count(*)::int as tickets from tickets');
    return { kills: killed, tickets: Number(counted?.['tickets']), soldOut: this.#soldOut };
  }

  /** Closes it and drops the database. */
  async close(): Promise<void> {
    rmSync(this.#cacheDir, { recursive: true, force: true });
    await this.#domain.close();
  }

  async #start(): Promise<readonly [Child, string]> {
    const name = `busy-${randomUUID()}-${(this.#started += 1)}`;
    const url = new URL(this.#domain.databaseUrl);
    url.searchParams.set('application_name', name);
    const stores = { redisUrl: this.#redisUrl, databaseUrl: url.href, name };
    const child = startChild({
      name,
      command: process.execPath,
      args: [join(rootDir, 'test/support/busy-process.ts'), JSON.stringify(stores)],
      cwd: rootDir,
      env: { ...process.env, NODE_COMPILE_CACHE: this.#cacheDir },
      stopSignal: 'SIGKILL',
      keepsInput: true,
    });
    await child.waitForLine((line) => line === BUSY_READY || undefined, START_TIMEOUT_MS);
    return [child, name];
  }

  async #killAtRandom(child: Child, name: string, seed: number): Promise<void> {
    child.write(`${JSON.stringify({ seed, concerts: this.#concerts })}\n`);
    await child.waitForLine((line) => line === BUSY_BEGUN || undefined, START_TIMEOUT_MS);
    await sleep(LIFE_MS * this.#random());
    child.kill('SIGKILL');
    await child.exited;
    // What it had sent before may still be done: until the stores have noticed that it is gone.
    const redis: RedisClient = this.#domain.main.redis;
    const isGone = async () => {
      const clients = String(await redis.client('LIST'));
      const [left] = await this.#domain.sql(
        'select count(*)::int as count from pg_stat_activity where application_name = ?',
        [name],
      );
      return !clients.includes(`name=frontrow-${name}`) && left?.['count'] === 0;
    };
    await waitUntil(isGone, { what: 'its connections are gone', timeoutMs: 30_000 });
  }

  async #faults(child: Child): Promise<readonly string[]> {
    const unexpected = child.output().match(/^unexpected: .*$(?:\n {4}.*$)*/gm) ?? [];
    const faults: string[] = [...unexpected, ...(await booksFaults(this.#domain)), ...(await this.#chargedTwice())];
    // What is sold but refunded has no ticket that says who counts as its owner until the refund is carried into Redis.
    const waiting = await this.#domain.sql(
      `select 1 from outbox_events where processed_at is null and type = 'REFUNDED' limit 1`,
    );
    if (waiting.length > 0) await this.#domain.main.relay.runOnce();
    for (const concert of this.#concerts)
      faults.push(...(await seatFaults(this.#domain.main.redis, await this.#judged(concert))));
    return faults;
  }

  /** Every key that busy processes charge with has an amount of its own for each user. */
  async #chargedTwice(): Promise<readonly string[]> {
    const rows = await this.#domain.sql(
      `select wallet_user_id as user, amount, count(*)::int as charges from ledger_transfers
        where kind = 'CHARGE' and amount <= ? group by 1, 2 having count(*) > 1`,
      [CHARGE_KEYS],
    );
    return rows.map((row) => `a key of ${String(row['user'])} charged more than once: ${JSON.stringify(row)}`);
  }

  async #judged({ concertId, performanceIds }: BusyConcert) {
    const tickets = await this.#domain.sql(
      `select performance_id, seat_number, user_id from tickets where concert_id = ? and state = 'VALID'`,
      [concertId],
    );
    const unsettled = await this.#domain.sql(
      `select payload ->> 'reservationId' as id from outbox_events where processed_at is null`,
    );
    const refunded = await this.#domain.sql(
      `select reservation_id as id from payments where concert_id = ? and state <> 'PAID'`,
      [concertId],
    );
    let next = 1;
    return {
      concertId,
      performanceIds,
      rows: ROWS.map((count) => Array.from({ length: count }, () => next++)),
      paymentFenceMarginMs: BUSY_TIMES.paymentFenceMarginMs,
      tickets: tickets.map((row) => ({
        performanceId: String(row['performance_id']),
        seatNumber: Number(row['seat_number']),
        userId: String(row['user_id']),
      })),
      unsettled: new Set(unsettled.map(({ id }) => String(id))),
      refunded: new Set(refunded.map(({ id }) => String(id))),
    };
  }

  async #replaceSoldOut(): Promise<void> {
    for (const concert of this.#concerts.slice()) {
      const [row] = await this.#domain.sql(
        `select count(*)::int as sold from tickets where concert_id = ? and state = 'VALID'`,
        [concert.concertId],
      );
      if (PERFORMANCES * SEAT_COUNT - Number(row?.['sold']) > FEW_SEATS) continue;
      this.#concerts.splice(this.#concerts.indexOf(concert), 1);
      this.#soldOut += 1;
      await this.#putOnSale();
    }
  }

  async #putOnSale(): Promise<void> {
    const startsAt = (day: number) => new Date(Date.now() + day * 86_400_000);
    const rows = ROWS.map((seatCount, index) => ({ label: String(index + 1), seatCount }));
    const layout = { sections: [{ name: 'A', price: PRICE, rows }] };
    const performances = Array.from({ length: PERFORMANCES }, (_none, day) => ({
      startsAt: startsAt(day + 1),
      layout,
    }));
    const { concert } = await this.#domain.concert({ seatsPerUser: 50, performances });
    const users = Array.from({ length: USERS }, () => randomUUID());
    // The first one has next to nothing: payments are refused too.
    for (const [index, user] of users.entries()) await this.#domain.charge(user, index === 0 ? 2n * PRICE : 1_000_000n);
    const performanceIds = concert.performances.map((each) => each.performanceId);
    this.#concerts.push({ concertId: concert.concertId, performanceIds, seatCount: SEAT_COUNT, users });
  }
}
