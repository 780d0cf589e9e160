import type { EntityManager } from '@mikro-orm/core';
import { rowsOf } from '../shared/rows.ts';

/** A row by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>;

/** Runs a query that takes no parameters. */
export type Query = (sql: string) => Promise<readonly Row[]>;

/** Queries one after the other, each of which sees what is committed by then. */
export function queryOf(em: EntityManager): Query {
  return (sql) => rowsOf(em.fork(), sql);
}

/**
 * Runs queries that all see the database as it was at one moment. Nothing is locked and nothing can be written; no query
 * is ended for taking long.
 *
 * @param em the ORM's own entity manager
 */
export async function inSnapshot<T>(em: EntityManager, run: (query: Query) => Promise<T>): Promise<T> {
  return em.fork().transactional(
    async (tx) => {
      const query: Query = (sql) => rowsOf(tx, sql);
      await query('set local statement_timeout = 0');
      await query('set local idle_in_transaction_session_timeout = 0');
      return run(query);
    },
    { isolationLevel: 'repeatable read', readOnly: true },
  );
}
