import { expect } from 'chai';
import { translatePostgresError } from '../../../src/infrastructure/postgres/errors.ts';
import { createOrm } from '../../../src/infrastructure/postgres/orm.ts';
import { PostgresProbe } from '../../../src/infrastructure/postgres/postgres-probe.ts';
import { entities } from '../../../src/mikro-orm.config.ts';
import { getBackend } from '../../support/backend.ts';
import type { TestDatabase } from '../../support/backend.ts';
import { openFreezableProxy } from './freezable-proxy.ts';
import type { FreezableProxy } from './freezable-proxy.ts';

const nowhere = 'postgresql://postgres:x@127.0.0.1:1/postgres';

async function reasonOf(promise: Promise<unknown>): Promise<string | undefined> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return translatePostgresError(error)?.reason;
}

describe('Postgres that does not answer', () => {
  let database: TestDatabase;
  let proxy: FreezableProxy;

  before(async () => {
    database = await (await getBackend()).newDatabase();
    proxy = await openFreezableProxy(database.url);
  });

  after(async () => {
    await proxy.close();
    await database.drop();
  });

  it('fails each call within the limits, and serves again as soon as it answers', async () => {
    const orm = createOrm({ url: proxy.url, entities, poolSize: 2, lockTimeoutMs: 100, stallMs: 200 });
    try {
      await orm.em.fork().execute('select 1');
      proxy.freeze('all');
      const startedMs = performance.now();
      const calls = Array.from({ length: 6 }, (_, index) =>
        index % 2 === 0
          ? orm.em.fork().execute('select 1')
          : orm.em.fork().transactional(async (tx) => await tx.execute('select 1')),
      );
      const reasons = await Promise.all(calls.map(reasonOf));
      expect(reasons).to.deep.equal(calls.map(() => 'STORE_UNAVAILABLE'));
      expect(performance.now() - startedMs).to.be.below(3_000);
      proxy.thaw();
      expect(await orm.em.fork().execute('select 1 as one')).to.deep.equal([{ one: 1 }]);
    } finally {
      proxy.thaw();
      await orm.close();
    }
  });

  it('is asked on new connections once the present ones have failed', async () => {
    const orm = createOrm({ url: proxy.url, entities, poolSize: 2, lockTimeoutMs: 100, stallMs: 200 });
    try {
      await Promise.all([orm.em.fork().execute('select 1'), orm.em.fork().execute('select 1')]);
      proxy.freeze('present');
      const unanswered = [1, 2].map(() => orm.em.fork().transactional(async (tx) => await tx.execute('select 1')));
      expect(await Promise.all(unanswered.map(reasonOf))).to.deep.equal(['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE']);
      expect(await orm.em.fork().execute('select 1 as one')).to.deep.equal([{ one: 1 }]);
    } finally {
      proxy.thaw();
      await orm.close();
    }
  });

  it('is unavailable to those whose commit it does not answer, and their connections are not lost', async () => {
    const orm = createOrm({ url: proxy.url, entities, poolSize: 2, lockTimeoutMs: 50, stallMs: 100 });
    try {
      for (let round = 1; round <= 3; round += 1) {
        const unanswered = orm.em.fork().transactional(async (tx) => {
          await tx.execute('select 1');
          proxy.freeze('all');
        });
        expect(await reasonOf(unanswered), `round ${round}`).to.equal('STORE_UNAVAILABLE');
        proxy.thaw();
      }
      expect(await orm.em.fork().execute('select 1 as one')).to.deep.equal([{ one: 1 }]);
    } finally {
      proxy.thaw();
      await orm.close();
    }
  });

  it('costs the pool no place when connections break in the middle of transactions', async () => {
    const limits = { lockTimeoutMs: 100, stallMs: 500 };
    const orm = createOrm({ url: database.url, entities, poolSize: 2, ...limits });
    const admin = createOrm({ url: database.url, entities, poolSize: 1, ...limits });
    const terminateOthers = `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`;
    try {
      for (let round = 1; round <= 5; round += 1) {
        const broken = orm.em.fork().transactional(async (tx) => {
          await tx.execute('select 1');
          await admin.em.fork().execute(terminateOthers);
          await tx.execute('select 1');
        });
        expect(await reasonOf(broken), `round ${round}`).to.equal('STORE_UNAVAILABLE');
      }
      expect(await orm.em.fork().execute('select 1 as one')).to.deep.equal([{ one: 1 }]);
    } finally {
      await orm.close();
      await admin.close();
    }
  });

  it('is unavailable where nothing listens, and the ORM can be made all the same', async () => {
    const orm = createOrm({ url: nowhere, entities, poolSize: 2, lockTimeoutMs: 100, stallMs: 500 });
    expect(await reasonOf(orm.em.fork().execute('select 1'))).to.equal('STORE_UNAVAILABLE');
    await orm.close();
  });

  it('is noticed by the probe, which connects anew afterwards', async () => {
    const probe = new PostgresProbe(proxy.url);
    await probe.check(1_000);
    proxy.freeze('all');
    expect(await reasonOf(probe.check(100))).to.equal('STORE_UNAVAILABLE');
    expect(await reasonOf(probe.check(100))).to.equal('STORE_UNAVAILABLE');
    proxy.thaw();
    await probe.check(1_000);
    await probe.check(1_000);
    probe.close();
    expect(await reasonOf(new PostgresProbe(nowhere).check(100))).to.equal('STORE_UNAVAILABLE');
  });
});

describe('the connections of the ORM', () => {
  it('carry their limits', async () => {
    const database = await (await getBackend()).newDatabase();
    const orm = createOrm({ url: database.url, entities, poolSize: 1, lockTimeoutMs: 1_234, stallMs: 500 });
    const settings = ['application_name', 'lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout'];
    const [row] = await orm.em
      .fork()
      .execute(`select ${settings.map((name) => `current_setting('${name}') as ${name}`).join(', ')}`);
    expect(row).to.deep.equal({
      application_name: 'frontrow',
      lock_timeout: '1234ms',
      statement_timeout: '10s',
      idle_in_transaction_session_timeout: '15s',
    });
    await orm.close();
    await database.drop();
  });
});
