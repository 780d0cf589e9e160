import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import pg from 'pg';
import { ensureBinaries } from '../../scripts/setup.ts';
import { sized } from '../support/long.ts';
import { waitUntil } from '../support/wait-until.ts';
import { objectAt, textAt, type Answer, type Door } from './support/door.ts';
import { startOwnStores, type OwnStores } from './support/own-stores.ts';
import { admittedFan, charge, pay, putOnSale, type Sale } from './support/sale.ts';
import { startSystem, type System } from './support/system.ts';

/** How long a store is away. */
const OUTAGE_MS = sized(3_000, 10_000);
/** By when a call has to be answered while a store is away. */
const FAST_MS = 2_000;
/** Answering on time is judged with what the machine itself needs beside it. */
const MACHINE_MS = 500;
/** More than the load can try in its time. */
const SEATS = 5_000;
/** Refusals that a buyer may meet while a store comes and goes. */
const PASSING = new Set([
  'STORE_UNAVAILABLE',
  'PAYMENT_OUTCOME_UNKNOWN',
  'PAYMENT_IN_PROGRESS',
  'REQUEST_IN_PROGRESS',
  'SEAT_TAKEN',
  'HOLD_EXPIRED',
]);

describe('an outage', function () {
  this.timeout(120_000);
  let stores: OwnStores;
  let system: System;

  before(async () => {
    await ensureBinaries({ postgres: true, redis: true });
    stores = await startOwnStores();
    const env = { PAYMENT_DEADLINE_MS: '3000', CLOCK_SKEW_MS: '500' };
    system = await startSystem({ stores, env });
  });
  after(() => system.stop());

  const outages: Readonly<Record<string, { stop: () => unknown; start: () => unknown }>> = {
    'Redis that is killed': { stop: () => stores.redis.kill('SIGKILL'), start: () => stores.redis.restart() },
    'Redis that hangs': {
      stop: () => process.kill(stores.redis.pid, 'SIGSTOP'),
      start: () => process.kill(stores.redis.pid, 'SIGCONT'),
    },
    'Postgres that is killed': { stop: () => stores.postgres.kill('SIGKILL'), start: () => stores.postgres.start() },
    'Postgres that hangs': {
      stop: () => signalTree(stores.postgres.pid, 'SIGSTOP'),
      start: () => signalTree(stores.postgres.pid, 'SIGCONT'),
    },
  };
  for (const [name, { stop, start }] of Object.entries(outages)) {
    it(`of ${name} for seconds under load is answered fast, heals by itself, and costs nobody money or a seat`, async () => {
      const sale = await putOnSale(system, { concert: { seatsPerUser: 50, performances: [hall()] } });
      const load = startLoad(system, sale);
      await waitUntil(() => load.bought() > 5, { what: 'people buy', timeoutMs: 20_000 });
      const boughtBefore = load.bought();
      await stop();
      await sleep(OUTAGE_MS);
      const boughtDuring = load.bought();
      await start();
      await waitUntil(() => load.bought() > boughtDuring + 5, { what: 'people buy again', timeoutMs: 20_000 });
      await load.stop();

      expect(boughtBefore).to.be.greaterThan(0);
      expect(load.slowest()).to.be.lessThan(FAST_MS + MACHINE_MS);
      expect(load.unexpected()).to.deep.equal([]);
      const database = new pg.Client(stores.databaseUrl);
      await database.connect();
      try {
        await waitUntil(async () => (await unsettled(database)) === 0, { what: 'all payments are settled' });
        await expectSoundBooks(database);
      } finally {
        await database.end();
      }
    });
  }
});

/** Signals a Postgres whole: each of its backends is a process in a group of its own. */
function signalTree(pid: number, signal: NodeJS.Signals): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  for (const each of [pid, ...children.map(Number)]) process.kill(each, signal);
}

function hall() {
  const startsAt = new Date(Date.now() + 24 * 60 * 60 * 1_000).toISOString();
  return { startsAt, layout: { sections: [{ name: 'S', price: '1000', rows: rows(SEATS) }] } };
}

function rows(seatCount: number) {
  return Array.from({ length: seatCount / 1_000 }, (_none, index) => ({ label: `R${index}`, seatCount: 1_000 }));
}

/** Buyers who buy one seat after the other, each as a new user, until they are stopped. */
function startLoad(system: System, sale: Sale) {
  let running = true;
  let bought = 0;
  let nextSeat = 1;
  let slowestMs = 0;
  const unexpected: string[] = [];
  const timed = (door: Door): Door => ({
    ...door,
    async call(rpc, request, headers) {
      const startMs = Date.now();
      const answer = await door.call(rpc, request, headers);
      slowestMs = Math.max(slowestMs, Date.now() - startMs);
      note(answer, rpc);
      return answer;
    },
  });
  const note = (answer: Answer, rpc: string) => {
    const passing =
      answer.code === 0 || PASSING.has(answer.reason ?? '') || (answer.code === 14 && answer.reason === undefined);
    if (!passing) unexpected.push(`${rpc} ${answer.code} ${answer.reason ?? ''} ${answer.message}`);
  };
  const buyer = async (lane: number) => {
    const door = timed(lane % 2 === 0 ? system.json : system.direct(lane % system.servers.length));
    while (running && nextSeat <= SEATS) {
      try {
        await buyOne(door, sale, nextSeat++, () => running);
        bought += 1;
      } catch {
        // Refused because of the outage: the next one tries.
        await sleep(250);
      }
    }
  };
  const buyers = Promise.all(Array.from({ length: 8 }, (_none, lane) => buyer(lane)));
  return {
    bought: () => bought,
    slowest: () => slowestMs,
    unexpected: () => unexpected,
    async stop() {
      running = false;
      await buyers;
    },
  };
}

/** Buys one seat, as a client that repeats what has no final answer. */
async function buyOne(door: Door, sale: Sale, seatNumber: number, goesOn: () => boolean): Promise<void> {
  const fan = await admittedFan(door, sale.concertId);
  await charge(door, fan.userId, 1_000);
  const request = { performanceId: sale.performanceId, seatNumbers: [seatNumber] };
  const held = await door.call('ReservationService.HoldSeats', request, { ...fan.headers, 'idempotency-key': 'hold' });
  const reservationId = textAt(objectAt(held.body, 'reservation'), 'reservationId');
  for (let tries = 0; tries < 40 && goesOn(); tries += 1) {
    const paid = await pay(door, fan, reservationId);
    if (paid.code === 0) return;
    await sleep(250);
  }
  throw new Error('not bought');
}

async function unsettled(database: pg.Client): Promise<number> {
  const found = await database.query('select count(*)::int as count from outbox_events where processed_at is null');
  return Number((found.rows[0] as { count: number }).count);
}

/** P1, P2 and P3 as the database sees them. */
async function expectSoundBooks(database: pg.Client): Promise<void> {
  const faults = await database.query(`
    select 'a seat with two owners' as fault from tickets where state = 'VALID' group by performance_id, seat_number having count(*) > 1
    union all
    select 'a payment without its tickets' from payments p
      where p.amount <> (select coalesce(sum(price), 0) from tickets t where t.payment_id = p.id)
    union all
    select 'a payment without its transfer' from payments p
      where not exists (select 1 from ledger_transfers l where l.payment_id = p.id and l.amount = p.amount)
    union all
    select 'a balance that is not its transfers' from wallets w
      where w.balance <> (select coalesce(sum(case when l.credit_account = 'wallet:' || w.user_id then l.amount else -l.amount end), 0)
                          from ledger_transfers l where l.wallet_user_id = w.user_id)`);
  expect(faults.rows).to.deep.equal([]);
}
