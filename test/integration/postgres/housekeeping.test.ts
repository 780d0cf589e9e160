import { randomUUID } from 'node:crypto';
import type { MikroORM } from '@mikro-orm/postgresql';
import { expect } from 'chai';
import { Housekeeping } from '../../../src/infrastructure/postgres/housekeeping.ts';
import { createOrm } from '../../../src/infrastructure/postgres/orm.ts';
import { entities } from '../../../src/mikro-orm.config.ts';
import { getBackend, type TestDatabase } from '../../support/backend.ts';

const HOUR_MS = 60 * 60 * 1_000;

describe('Housekeeping', () => {
  let database: TestDatabase;
  let orm: MikroORM;

  before(async () => {
    database = await (await getBackend()).newDatabase();
    orm = createOrm({ url: database.url, entities, poolSize: 2, lockTimeoutMs: 1_000, stallMs: 1_000 });
  });
  after(async () => {
    await orm.close(true);
    await database.drop();
  });

  it('deletes what is old, in more than one batch, and keeps what is young, not handled or parked', async () => {
    const execute = (sql: string, params: unknown[] = []) => orm.em.getConnection().execute(sql, params);
    await execute(
      `insert into idempotent_outcomes (rpc, subject, key, request_hash, outcome, created_at)
       select 'r', 's', n::text, 'h', '1', now() - interval '25 hours' from generate_series(1, 1500) n`,
    );
    await execute(
      `insert into idempotent_outcomes (rpc, subject, key, request_hash, outcome) values ('r', 's', 'young', 'h', '1')`,
    );
    const event = `insert into outbox_events (event_id, type, payload, ordering_key, created_at, processed_at) values (?, ?, '{}', 'key', now() - interval '1 year', `;
    await execute(`${event} now() - interval '8 days')`, [randomUUID(), 'old']);
    await execute(`${event} now())`, [randomUUID(), 'handled just now']);
    await execute(`${event} null)`, [randomUUID(), 'not handled']);
    await execute(`${event} null)`, [randomUUID(), 'parked']);
    await execute(`update outbox_events set parked_at = now() - interval '1 year' where type = 'parked'`);
    const options = { idempotencyTtlMs: 24 * HOUR_MS, outboxRetentionMs: 7 * 24 * HOUR_MS, intervalMs: HOUR_MS };
    const onError = (error: unknown) => expect.fail(String(error));

    await new Housekeeping({ em: orm.em, ...options, onError }).run();

    expect(await execute('select key from idempotent_outcomes')).to.deep.equal([{ key: 'young' }]);
    expect(await execute('select type from outbox_events order by type')).to.deep.equal([
      { type: 'handled just now' },
      { type: 'not handled' },
      { type: 'parked' },
    ]);
  });
});
