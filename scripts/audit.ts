import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { createOrm } from '../src/infrastructure/postgres/orm.ts';
import { entities } from '../src/mikro-orm.config.ts';
import { auditAdmissions, eachBatch, type AdmissionBatch } from '../src/queue/index.ts';
import { localDir } from './stack/paths.ts';

const usage = 'usage: npm run audit -- --line    (DATABASE_URL, or the stack that npm start runs)';

/** Where the system is: the environment, or what `npm start` wrote down. */
function databaseUrl(): string {
  const given = process.env['DATABASE_URL'];
  if (given) return given;
  const file = join(localDir, 'stack.json');
  if (!existsSync(file)) throw new Error(`There is no DATABASE_URL and no running stack. ${usage}`);
  return z.object({ databaseUrl: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).databaseUrl;
}

/**
 * Audits a live system without locking anything; prints one JSON line a concert and ends with exit code 1 where something
 * is not as it has to be.
 */
async function audit(): Promise<void> {
  const orm = createOrm({ url: databaseUrl(), entities, poolSize: 1, lockTimeoutMs: 2_000, stallMs: 5_000 });
  try {
    const concerts: { concert_id: string }[] = await orm.em
      .getConnection()
      .execute('select distinct concert_id from admission_batches order by 1');
    for (const { concert_id: concertId } of concerts) {
      const batches: AdmissionBatch[] = [];
      for await (const batch of eachBatch(orm.em, concertId)) batches.push(batch);
      const faults = auditAdmissions(batches);
      if (faults.length > 0) process.exitCode = 1;
      const events = batches.reduce((sum, batch) => sum + batch.events.length, 0);
      console.log(JSON.stringify({ check: 'line', concertId, batches: batches.length, events, faults }));
    }
    if (concerts.length === 0) console.log(JSON.stringify({ check: 'line', concerts: 0 }));
  } finally {
    await orm.close(true);
  }
}

if (process.argv.slice(2).join(' ') === '--line') await audit();
else {
  console.error(usage);
  process.exitCode = 2;
}
