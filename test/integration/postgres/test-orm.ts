import type { MikroORM } from '@mikro-orm/postgresql';
import { createOrm } from '../../../src/infrastructure/postgres/orm.ts';
import type { OrmOptions } from '../../../src/infrastructure/postgres/orm.ts';
import { entities } from '../../../src/mikro-orm.config.ts';
import { getBackend } from '../../support/backend.ts';

/** A database of a test's own, the ORM on it, and what the ORM said to it. */
export interface TestOrm {
  readonly orm: MikroORM;
  readonly url: string;
  /** Every statement so far, oldest first. */
  readonly statements: string[];
  /** Runs SQL text on a connection of the pool. */
  sql(text: string, params?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Closes the ORM and drops the database. */
  close(): Promise<void>;
}

/**
 * Opens the ORM on a fresh, migrated database.
 *
 * @param options how it differs from the server's defaults
 */
export async function openTestOrm(options: Partial<OrmOptions> = {}): Promise<TestOrm> {
  const database = await (await getBackend()).newDatabase();
  const statements: string[] = [];
  const orm = createOrm({
    url: database.url,
    entities,
    poolSize: 8,
    lockTimeoutMs: 2_000,
    stallMs: 1_200,
    debug: true,
    log: (message) => {
      if (message.startsWith('[query] ')) statements.push(message.slice('[query] '.length));
    },
    ...options,
  });
  return {
    orm,
    url: database.url,
    statements,
    sql: async (text, params = []) => await orm.em.fork().execute(text, params),
    async close() {
      await orm.close();
      await database.drop();
    },
  };
}

/** Waits until a condition holds; fails after five seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 5_000;
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`never became true: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
