import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { z } from 'zod';
import { rootDir } from '../../scripts/stack/paths.ts';
import { waitUntil } from '../support/wait-until.ts';
import { admittedFan, putOnSale, type Sale } from './support/sale.ts';
import { startSystem, type System } from './support/system.ts';

const reportSchema = z.object({
  check: z.literal('line'),
  concertId: z.string(),
  events: z.number(),
  faults: z.array(z.object({ sequence: z.number(), text: z.string() })),
});

describe('npm run audit -- --line', function () {
  this.timeout(60_000);
  let system: System;
  let database: pg.Client;
  let sale: Sale;

  before(async () => {
    system = await startSystem({ instances: 1 });
    database = new pg.Client(system.databaseUrl);
    await database.connect();
    sale = await putOnSale(system);
    for (let fan = 0; fan < 5; fan += 1) await admittedFan(system.json, sale.concertId);
    await waitUntil(async () => (await movedEvents()) === 1 + 5, { what: 'the log was moved' });
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
  const audit = async () => {
    const child = spawn(process.execPath, [join(rootDir, 'scripts/audit.ts'), '--line'], {
      env: { ...process.env, DATABASE_URL: system.databaseUrl },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    const [line = '{}'] = output.trim().split('\n');
    return { code, report: reportSchema.parse(JSON.parse(line)) };
  };

  it('finds nothing on a live system, and says so with exit code 0', async () => {
    const { code, report } = await audit();
    expect([code, report.faults]).to.deep.equal([0, []]);
    expect(report.concertId).to.equal(sale.concertId);
  });

  it('finds a jump that was planted behind the triggers, and ends with exit code 1', async () => {
    await database.query('alter table admission_batches disable trigger admission_batches_append_only');
    const swap = `update admission_batches set events = replace(events, 'A 1 2 ', 'A 1 200 ') where concert_id = $1`;
    await database.query(swap, [sale.concertId]);
    const { code, report } = await audit();
    expect(code).to.equal(1);
    const texts = report.faults.map((fault) => fault.text);
    expect(texts).to.include('the hash does not fit the events');
    expect(texts).to.include('number 200 of epoch 1 was admitted while number 2 of epoch 1 was first');
  });
});
