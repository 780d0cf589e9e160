import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { chooseBackend } from './choose-backend.ts';
import type { BackendKind } from './choose-backend.ts';
import { startContainerStores, startLocalStores } from './stores.ts';
import type { Stores } from './stores.ts';

/** A database of a test's own, with all migrations applied and nothing in it. */
export interface TestDatabase {
  readonly url: string;
  /** Drops it, throwing out whoever is still connected. */
  drop(): Promise<void>;
}

/** The stores that all tests of one mocha process share. */
export interface Backend {
  readonly kind: BackendKind;
  /** Superuser's connection string of the database `postgres`. */
  readonly adminUrl: string;
  /** One Redis for all tests, or the nodes of one cluster: keep apart by ids, never flush. */
  readonly redisUrl: string;
  /** A fresh, migrated database. */
  newDatabase(): Promise<TestDatabase>;
  /** A fresh database without any tables, for tests of the migrations themselves. */
  newEmptyDatabase(): Promise<TestDatabase>;
  stop(): Promise<void>;
}

const templateName = 'frontrow_template';
let backend: Promise<Backend> | undefined;

/** The shared stores; the first call starts them. */
export function getBackend(): Promise<Backend> {
  backend ??= startBackend();
  return backend;
}

/** Stops the stores if any test has used them. */
export async function stopBackend(): Promise<void> {
  const started = backend;
  backend = undefined;
  await (await started)?.stop();
}

async function startBackend(): Promise<Backend> {
  const { kind, stores } = await startStores();
  const create = async (template: string): Promise<TestDatabase> => {
    const name = `test_${randomBytes(8).toString('hex')}`;
    await runAdmin(stores.adminUrl, `create database ${name} template ${template}`);
    return {
      url: databaseUrl(stores.adminUrl, name),
      drop: () => runAdmin(stores.adminUrl, `drop database if exists ${name} with (force)`),
    };
  };
  let template: Promise<void> | undefined;
  return {
    kind,
    adminUrl: stores.adminUrl,
    redisUrl: stores.redisUrl,
    async newDatabase() {
      template ??= makeTemplate(stores.adminUrl);
      await template;
      return create(templateName);
    },
    newEmptyDatabase: () => create('template1'),
    stop: stores.stop,
  };
}

async function startStores(): Promise<{ kind: BackendKind; stores: Stores }> {
  const { kind, isForced } = await chooseBackend();
  if (kind === 'local') return { kind, stores: await startLocalStores() };
  try {
    return { kind, stores: await startContainerStores() };
  } catch (error) {
    if (isForced) throw error;
    // A daemon may answer and yet have no images and no way to pull them.
    console.warn(
      `Containers did not start, so the tests use local servers: ${error instanceof Error ? error.message : String(error)}`,
    );
    return { kind: 'local', stores: await startLocalStores() };
  }
}

/** Migrates one database; the tests' databases are copies of it, which is many times as fast. */
async function makeTemplate(adminUrl: string): Promise<void> {
  await runAdmin(adminUrl, `create database ${templateName}`);
  const { migrate } = await import('../../src/infrastructure/postgres/migrate.ts');
  await migrate(databaseUrl(adminUrl, templateName));
}

function databaseUrl(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function runAdmin(adminUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
