import type { Client, Pool, PoolClient } from 'pg';

/** What pg says when an answer took longer than `query_timeout`. */
export const QUERY_TIMEOUT_MESSAGE = 'Query read timeout';

/**
 * Keeps a pool whole while Postgres stalls or goes away: connections that hang are ended, and connections that have
 * ended are given back, so that none of the pool's places is lost for good.
 */
export function guardPool(pool: Pool): void {
  pool.on('connect', (client) => {
    endWhenItStalls(client);
    giveBackWhenItEnds(client);
  });
}

/**
 * Ends a connection on which an answer timed out. pg itself goes on using it: a rollback would wait behind the
 * statement that hangs, and the pool would hand the connection to the next caller.
 */
function endWhenItStalls(client: PoolClient): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const guarded = (...args: unknown[]): unknown => {
    const answer = query(...args);
    if (answer instanceof Promise) {
      answer.catch((error: unknown) => {
        // A pooled client is a Client too, which the types do not say.
        if (error instanceof Error && error.message === QUERY_TIMEOUT_MESSAGE) void (client as unknown as Client).end();
      });
    }
    return answer;
  };
  client.query = guarded as typeof client.query;
}

/**
 * Gives a connection that has ended back to the pool in its holder's place. Kysely, below the ORM, does so only after
 * a commit or a rollback that succeeded, so each transaction whose connection breaks would cost the pool a place.
 */
function giveBackWhenItEnds(client: PoolClient): void {
  // How the present holder gives it back; undefined while it lies in the pool.
  let giveBack: PoolClient['release'] | undefined;
  let hasEnded = false;
  Object.defineProperty(client, 'release', {
    // The pool sets it each time it hands the connection out.
    set: (next: PoolClient['release']) => {
      giveBack = next;
    },
    get: () => (destroy?: Error | boolean) => {
      const given = giveBack;
      giveBack = undefined;
      if (given !== undefined) given(destroy);
      // Where a connection has ended it was given back below, and its holder may do so again.
      else if (!hasEnded) throw new Error('a connection was given back twice');
    },
  });
  client.on('end', () => {
    hasEnded = true;
    if (giveBack !== undefined) client.release(true);
  });
}
