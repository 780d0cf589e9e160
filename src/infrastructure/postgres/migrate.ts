import { join } from 'node:path';
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';
import type { Options } from '@mikro-orm/postgresql';
import { commonOptions } from './orm.ts';

/** Where the migrations are, and how they are applied. */
export const migrationOptions = {
  extensions: [Migrator],
  migrations: {
    tableName: 'migrations',
    path: join(import.meta.dirname, 'migrations'),
    glob: 'Migration*.ts',
    snapshot: false,
    snapshotOnMigrate: false,
    silent: true,
    allOrNothing: true,
  },
} satisfies Options;

// Any number that nothing else in the database locks.
const MIGRATION_LOCK = 7_263_542_001;

/**
 * Applies the migrations that the database does not have yet, all or none. Any number of instances may call it at the
 * same time: they take turns, and all but the first find nothing to do.
 *
 * @param url connection string of the database
 */
export async function migrate(url: string): Promise<void> {
  const orm = new MikroORM({
    ...commonOptions(url),
    ...migrationOptions,
    entities: [],
    logger: () => undefined,
    driverOptions: { application_name: 'frontrow migrate' },
  });
  try {
    await orm.em.fork().transactional(async (tx) => {
      await tx.execute(`select pg_advisory_xact_lock(${MIGRATION_LOCK})`);
      // From here on a lock that is not given soon belongs to live traffic: better to fail than to make it queue up.
      await tx.execute("set local lock_timeout = '10s'");
      await orm.migrator.up({ transaction: tx.getTransactionContext<object>() });
    });
  } finally {
    await orm.close();
  }
}
