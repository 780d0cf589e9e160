import type { Client, Pool } from 'pg';

/** What pg says when an answer took longer than `query_timeout`. */
export const QUERY_TIMEOUT_MESSAGE = 'Query read timeout';

/**
 * Ends each connection of a pool on which an answer timed out. pg itself goes on using it: a rollback would wait behind
 * the statement that hangs, and the pool would hand the connection to the next caller.
 */
export function endStalled(pool: Pool): void {
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const guarded = (...args: unknown[]): unknown => {
      const answer = query(...args);
      if (answer instanceof Promise) {
        answer.catch((error: unknown) => {
          if (error instanceof Error && error.message === QUERY_TIMEOUT_MESSAGE) void (client as Client).end();
        });
      }
      return answer;
    };
    client.query = guarded as typeof client.query;
  });
}
