import { MikroORM } from '@mikro-orm/postgresql';
import { migrate } from '../src/infrastructure/postgres/migrate.ts';
import { mikroOrmConfig } from '../src/mikro-orm.config.ts';
import { ensureBinaries } from './setup.ts';
import { startPostgres } from './stack/postgres.ts';

/**
 * Writes the migration from what the migrations make to what the entities say: `npm run migration:create -- add seats`.
 * Compares the two in a throwaway Postgres; functions and triggers are not compared, they are added by hand.
 */
async function main(words: readonly string[]): Promise<void> {
  const name = words.join('_').toLowerCase();
  if (!/^[a-z][a-z0-9_]*$/.test(name))
    throw new Error('Say in a few words what changes: npm run migration:create -- add seats');
  await ensureBinaries({ postgres: true });
  const postgres = await startPostgres({ persistent: false, durable: false });
  try {
    await postgres.createDatabase('frontrow');
    const url = postgres.url('frontrow');
    await migrate(url);
    const orm = new MikroORM(mikroOrmConfig(url));
    try {
      const { fileName } = await orm.migrator.create(undefined, false, false, name);
      console.log(fileName ? `Wrote ${fileName}: read it before you commit it.` : 'Nothing changed.');
    } finally {
      await orm.close();
    }
  } finally {
    await postgres.stop();
  }
}

await main(process.argv.slice(2));
