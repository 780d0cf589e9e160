import pg from 'pg';
import type { Books } from '../../support/books.ts';

/** A connection to a system's database, for what a test asks of it. */
export interface Database extends Books {
  close(): Promise<void>;
}

/** Connects. */
export async function connectDatabase(url: string): Promise<Database> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return {
    async sql(text, params = []) {
      let next = 1;
      const { rows } = await client.query(
        text.replaceAll('?', () => `$${next++}`),
        [...params],
      );
      return rows as Record<string, unknown>[];
    },
    close: () => client.end(),
  };
}
