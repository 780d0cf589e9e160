import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { z } from 'zod';
import { rootDir } from '../../scripts/stack/paths.ts';
import { waitUntil } from '../support/wait-until.ts';
import { admittedFan, charge, hold, pay, putOnSale, succeeded, type Fan, type Sale } from './support/sale.ts';
import { startSystem, type System } from './support/system.ts';

const reportSchema = z.object({
  check: z.string(),
  promise: z.string(),
  examined: z.number(),
  faultCount: z.number(),
  faults: z.array(z.looseObject({ what: z.string() })),
});
const summarySchema = z.object({ audit: z.enum(['clean', 'faulty']), faults: z.number() });
/** A port on which nobody listens. */
const NOBODY = '127.0.0.1:1';

describe('npm run audit', function () {
  this.timeout(60_000);
  let system: System;
  let database: pg.Client;
  let sale: Sale;
  let buyer: Fan;

  before(async () => {
    system = await startSystem({ instances: 1 });
    database = new pg.Client(system.databaseUrl);
    await database.connect();
    sale = await putOnSale(system);
    const fans: Fan[] = [];
    for (let fan = 0; fan < 5; fan += 1) fans.push(await admittedFan(system.json, sale.concertId));
    buyer = fans.at(-1)!;
    await charge(system.json, buyer.userId, 1_000_000);
    succeeded(
      await pay(system.json, buyer, await hold(system.json, buyer, sale, [1, 2]), { 'idempotency-key': 'key' }),
    );
    // The opening, five admissions, and one that was completed.
    await waitUntil(async () => (await movedEvents()) === 7, { what: 'the log was moved' });
  });
  after(async () => {
    await database.end();
    await system.stop();
  });

  const movedEvents = async (): Promise<number> => {
    const count = `select coalesce(sum(cardinality(string_to_array(events, E'\\n'))), 0)::int as events from admission_batches`;
    const { rows } = await database.query<{ events: number }>(count);
    return rows[0]?.events ?? 0;
  };
  const run = async (words: readonly string[] = [], urls: Record<string, string> = {}) => {
    const { databaseUrl: DATABASE_URL, redisUrl: REDIS_URL } = system;
    const child = spawn(process.execPath, [join(rootDir, 'scripts/audit.ts'), ...words], {
      env: { ...process.env, DATABASE_URL, REDIS_URL, ...urls },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => void (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => void (errors += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    return { code, output, errors };
  };
  const audit = async (...words: string[]) => {
    const { code, output } = await run(words);
    const lines = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    const summary = summarySchema.parse(lines.pop());
    const reports = lines.map((line) => reportSchema.parse(line));
    return { code, summary, reports, faulty: reports.filter(({ faultCount }) => faultCount > 0) };
  };

  it('finds nothing on a live system, in either store, and says so with exit code 0', async () => {
    const { code, summary, reports, faulty } = await audit();
    expect(faulty).to.deep.equal([]);
    expect([code, summary]).to.deep.equal([0, { audit: 'clean', faults: 0 }]);
    const examined = Object.fromEntries(reports.map((report) => [report.check, report.examined]));
    expect(examined).to.include({
      'payment-tickets': 1,
      'outcome-PayReservation': 1,
      'sold-seats': 1,
      'paid-reservations': 1,
      line: 7,
    });
  });

  it('finds a jump that was planted behind the triggers, and ends with exit code 1', async () => {
    await database.query('alter table admission_batches disable trigger admission_batches_append_only');
    const swap = (from: string, to: string) =>
      database.query('update admission_batches set events = replace(events, $2, $3) where concert_id = $1', [
        sale.concertId,
        from,
        to,
      ]);
    await swap('A 1 2 ', 'A 1 200 ');
    const { code, summary, reports } = await audit('--line');
    await swap('A 1 200 ', 'A 1 2 ');
    await database.query('alter table admission_batches enable trigger admission_batches_append_only');
    const [line] = reports;
    expect([code, summary.audit, summary.faults]).to.deep.equal([1, 'faulty', line?.faultCount]);
    expect(line?.faults[0]).to.include({ concertId: sale.concertId });
    const texts = line?.faults.map(({ what }) => what);
    expect(texts).to.include('the hash does not fit the events');
    expect(texts).to.include('number 200 of epoch 1 was admitted while number 2 of epoch 1 was first');
  });

  it('finds money out of nothing in the part that is about money', async () => {
    const add = (amount: number) =>
      database.query('update wallets set balance = balance + $1 where user_id = $2', [amount, buyer.userId]);
    await add(1);
    const money = await audit('--money');
    const seats = await audit('--seats');
    await add(-1);
    expect([money.code, money.faulty.map(({ check }) => check)]).to.deep.equal([1, ['balance', 'ledger-total']]);
    expect(money.faulty[0]?.faults[0]).to.include({ userId: buyer.userId });
    expect([seats.code, seats.faulty]).to.deep.equal([0, []]);
  });

  it('ends with exit code 2 where it is asked for something else, or cannot reach a store', async () => {
    const unknown = await run(['--everything']);
    expect([unknown.code, unknown.output]).to.deep.equal([2, '']);
    expect(unknown.errors).to.include('usage: npm run audit');
    for (const urls of [{ DATABASE_URL: `postgres://${NOBODY}/x` }, { REDIS_URL: `redis://${NOBODY}` }]) {
      const unreachable = await run([], urls);
      expect([unreachable.code, unreachable.output]).to.deep.equal([2, '']);
      expect(unreachable.errors).not.to.equal('');
    }
  });
});
