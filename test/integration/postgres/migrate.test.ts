import { MikroORM } from '@mikro-orm/postgresql';
import { expect } from 'chai';
import { migrate } from '../../../src/infrastructure/postgres/migrate.ts';
import { mikroOrmConfig } from '../../../src/mikro-orm.config.ts';
import { getBackend } from '../../support/backend.ts';
import type { TestDatabase } from '../../support/backend.ts';

describe('migrate', () => {
  let database: TestDatabase;
  let orm: MikroORM;

  beforeEach(async () => {
    database = await (await getBackend()).newEmptyDatabase();
    orm = new MikroORM(mikroOrmConfig(database.url));
  });

  afterEach(async () => {
    await orm.close();
    await database.drop();
  });

  it('makes of an empty database the one that the entities describe', async () => {
    await migrate(database.url);
    expect(await orm.schema.getUpdateSchemaSQL({ wrap: false })).to.equal('');
  });

  it('applies every migration once, however many instances start at the same time', async () => {
    await Promise.all(Array.from({ length: 8 }, () => migrate(database.url)));
    const applied = await orm.em.fork().execute<{ name: string }[]>('select name from migrations');
    const all = await orm.migrator.getExecuted();
    expect(new Set(applied.map((row) => row.name)).size).to.equal(applied.length);
    expect(all.length).to.equal(applied.length);
    expect(await orm.migrator.getPending()).to.deep.equal([]);
  });

  it('changes nothing the second time', async () => {
    await migrate(database.url);
    await orm.em.fork().execute(`insert into wallets (user_id, balance) values (gen_random_uuid(), 5)`);
    await migrate(database.url);
    expect(await orm.em.fork().execute('select balance from wallets')).to.deep.equal([{ balance: '5' }]);
  });
});
