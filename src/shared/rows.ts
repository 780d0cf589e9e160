import type { EntityManager } from '@mikro-orm/core';

/**
 * Runs one statement, in the transaction of the entity manager where it has one.
 *
 * @param sql with `?` for each parameter
 * @returns its rows by the names of their columns; the caller says what they look like
 */
export async function rowsOf<Row = Readonly<Record<string, unknown>>>(
  em: EntityManager,
  sql: string,
  params: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const rows: unknown = await em.getConnection().execute(sql, [...params], 'all', em.getTransactionContext());
  return Array.isArray(rows) ? (rows as Row[]) : [];
}
