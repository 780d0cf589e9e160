import { MikroORM } from '@mikro-orm/postgresql';
import type { Options } from '@mikro-orm/postgresql';
import { Client } from 'pg';
import type { ClientConfig } from 'pg';
import { guardPool } from './pool-guard.ts';

/** How to reach Postgres, and for how long to wait for it. */
export interface OrmOptions {
  readonly url: string;
  /** Every entity that is to be mapped. */
  readonly entities: NonNullable<Options['entities']>;
  /** Most connections at a time. */
  readonly poolSize: number;
  /** How long a statement waits for a lock that another transaction has, milliseconds. */
  readonly lockTimeoutMs: number;
  /** After how long without an answer Postgres counts as gone, milliseconds. */
  readonly stallMs: number;
  /** How long an answer may take, milliseconds; as long as both limits together by default. */
  readonly answerMs?: number;
  /** Whether every statement is logged. */
  readonly debug?: boolean;
  /** Where the ORM's messages go; nowhere by default. */
  readonly log?: (message: string) => void;
}

// The server's own limits: they end what a client that has gone away left behind, with the locks that it holds. No
// transaction_timeout among them: Postgres does not shorten one that runs already, and a payment sets its own, to its
// deadline.
const STATEMENT_TIMEOUT_MS = 10_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 15_000;

// A pool that is busy is no stall: who waits for one of its connections waits for the calls before it. Longer than
// this nobody would still be waiting for the answer.
const CONNECTION_WAIT_MS = 10_000;

const CONNECTIONS_KEPT = 2;
const IDLE_CONNECTION_MS = 30_000;
const KEEP_ALIVE_DELAY_MS = 10_000;

/**
 * What the application, the migrations and the tests have in common.
 *
 * @param url connection string of the database
 */
export function commonOptions(url: string) {
  return {
    clientUrl: url,
    forceUtcTimezone: true,
    colors: false,
    // The differ would drop the functions and triggers that the migrations write by hand.
    schemaGenerator: { ignoreRoutines: true, ignoreTriggers: true },
    discovery: { warnWhenNoEntities: false },
  } satisfies Options;
}

/**
 * Makes the ORM. Connections are opened when they are needed, so this neither waits for Postgres nor fails without it.
 * Who waits for a connection of the pool, or for an answer, longer than the limits gets an error that
 * translatePostgresError knows.
 */
export function createOrm(options: OrmOptions): MikroORM {
  const { url, entities, poolSize, lockTimeoutMs, stallMs, debug = false, log = () => undefined } = options;
  // Waiting for a lock is no stall.
  const { answerMs = lockTimeoutMs + stallMs } = options;
  return new MikroORM({
    ...commonOptions(url),
    entities: [...entities],
    ensureDatabase: false,
    debug,
    logger: log,
    pool: { min: Math.min(CONNECTIONS_KEPT, poolSize), max: poolSize, idleTimeoutMillis: IDLE_CONNECTION_MS },
    driverOptions: {
      application_name: 'frontrow',
      connectionTimeoutMillis: CONNECTION_WAIT_MS,
      Client: clientConnectingWithin(stallMs),
      query_timeout: answerMs,
      lock_timeout: lockTimeoutMs,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
      onPoolCreated: guardPool,
    },
  });
}

/** The pool has one limit for waiting until a connection is free and for opening one; this gives the latter its own. */
function clientConnectingWithin(connectMs: number): typeof Client {
  return class extends Client {
    constructor(config: ClientConfig) {
      // The pool hides the password, so a copy of the fields would lack it.
      super(Object.create(config, { connectionTimeoutMillis: { value: connectMs } }) as ClientConfig);
    }
  };
}
