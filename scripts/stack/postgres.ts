import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { startChild } from './child.ts';
import type { Child } from './child.ts';
import { freePort } from './free-port.ts';
import { postgresBinDir, postgresDir, postgresUser } from './postgres-place.ts';
import type { PostgresUser } from './postgres-place.ts';
import { makeTempDir } from './temp-dir.ts';

/** How to run Postgres. */
export interface PostgresOptions {
  /** The folder for the cluster and its password; a temporary one by default. */
  dataDir?: string;
  /** Fixed TCP port; any free one by default. */
  port?: number;
  /** Whether the data stays when it is stopped. */
  persistent: boolean;
  /** Whether commits survive a crash of the machine. Tests do without: it is several times as fast. */
  durable: boolean;
  /** Default 200. */
  maxConnections?: number;
  /** Its log is appended to this file. */
  logFile?: string;
}

/** A Postgres server of our own. */
export interface Postgres {
  readonly port: number;
  /** The postmaster's process id; another one after each start. */
  readonly pid: number;
  /** Where its data is, which is not always where it was wished. */
  readonly dataDir: string;
  /** The connection string of a database; `postgres` by default. */
  url(database?: string): string;
  /** Creates a database, by default a plain one, or a copy of a template that nobody is connected to. */
  createDatabase(name: string, template?: string): Promise<void>;
  /** Drops a database if it exists, throwing out whoever is connected. */
  dropDatabase(name: string): Promise<void>;
  /** Sends the postmaster a signal and waits for its end: SIGINT fast, SIGQUIT or SIGKILL as a crash. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again, same port and data, after `kill`. */
  start(): Promise<void>;
  /** Fast shutdown; data that is not persistent is deleted. */
  stop(): Promise<void>;
}

const startTimeoutMs = 60_000;
const runFile = promisify(execFile);

/** Starts a Postgres server on the loopback address; makes its cluster if there is none yet. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const user = postgresUser(options.dataDir);
  const binDir = postgresBinDir(user);
  const wishedDir = options.dataDir ?? makeTempDir('postgres');
  const dir = postgresDir(wishedDir, user);
  const password = await ensureCluster(binDir, dir, user);
  const port = options.port ?? (await freePort());
  let child: Child = await startServer(binDir, dir, port, user, options);
  const url = (database = 'postgres'): string => `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`;
  const admin = async (sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url() });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };

  return {
    port,
    get pid() {
      return child.pid;
    },
    dataDir: dir,
    url,
    createDatabase: (name, template) =>
      admin(`create database ${pg.escapeIdentifier(name)} template ${pg.escapeIdentifier(template ?? 'template1')}`),
    dropDatabase: (name) => admin(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`),
    async kill(signal) {
      child.kill(signal);
      await child.exited;
    },
    async start() {
      if (!child.isRunning()) child = await startServer(binDir, dir, port, user, options);
    },
    async stop() {
      await child.stop();
      if (!options.persistent) for (const each of [dir, wishedDir]) rmSync(each, { recursive: true, force: true });
    },
  };
}

/** Makes the cluster unless it is there; returns the superuser's password. */
async function ensureCluster(binDir: string, dir: string, user: PostgresUser): Promise<string> {
  const clusterDir = join(dir, 'cluster');
  const passwordFile = join(dir, 'password');
  if (existsSync(join(clusterDir, 'PG_VERSION')) && existsSync(passwordFile))
    return readFileSync(passwordFile, 'utf8').trim();
  // What an interrupted initdb left behind is of no use, and initdb refuses to go on with it.
  rmSync(clusterDir, { recursive: true, force: true });
  const password = randomBytes(18).toString('base64url');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user.uid !== undefined) chownSync(passwordFile, user.uid, user.gid ?? user.uid);
  // Without a locale said here the environment decides, and an empty one makes a cluster that cannot store UTF-8.
  const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'];
  const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const partialDir = `${clusterDir}.new`;
  rmSync(partialDir, { recursive: true, force: true });
  await runFile(
    join(binDir, 'initdb'),
    [`--pgdata=${partialDir}`, ...locale, ...access, '--no-instructions', '--no-sync'],
    {
      ...user,
      cwd: '/',
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    },
  );
  // Renamed only when complete, so that an interrupted first start is simply done again.
  await runFile('mv', [partialDir, clusterDir]);
  return password;
}

async function startServer(
  binDir: string,
  dir: string,
  port: number,
  user: PostgresUser,
  options: PostgresOptions,
): Promise<Child> {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: String(options.maxConnections ?? 200),
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Commits stay synchronous: without fsync that costs nearly nothing, and a test that kills Postgres loses none.
    ...(options.durable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  };
  for (let attempt = 1; ; attempt += 1) {
    const child = startChild({
      name: 'postgres',
      command: join(binDir, 'postgres'),
      args: [
        '-D',
        join(dir, 'cluster'),
        ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
      ],
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      ...user,
      stopSignal: 'SIGINT',
      logFile: options.logFile,
    });
    try {
      await child.waitForLine((line) => line.includes('ready to accept connections') || undefined, startTimeoutMs);
      return child;
    } catch (error) {
      await child.stop();
      // After a crash of the postmaster alone its children take a moment to notice and let go of the shared memory.
      const lingering = /pre-existing shared memory block|lock file "postmaster.pid" already exists/.test(
        child.output(),
      );
      if (!lingering || attempt >= 20) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}
