import { rmSync } from 'node:fs';
import { findRedis } from './binaries.ts';
import { startChild } from './child.ts';
import type { Child } from './child.ts';
import { freePort } from './free-port.ts';
import { makeTempDir } from './temp-dir.ts';

/** How to run Redis. */
export interface RedisOptions {
  /** Where it keeps its files; a temporary folder, deleted by `stop`, by default. */
  dataDir?: string;
  /** Fixed TCP port; any free one by default. */
  port?: number;
  /** Whether it writes an append-only file, so that data survives `kill` and `restart`. */
  appendOnly: boolean;
  /** Asked of every client if set. */
  password?: string;
  /** More settings, such as `appendfsync: 'always'`. */
  settings?: Record<string, string>;
  /** Its log is appended to this file. */
  logFile?: string;
}

/** A Redis server of our own. */
export interface Redis {
  readonly url: string;
  readonly port: number;
  /** Another one after each restart. */
  readonly pid: number;
  /** Sends a signal and waits for the end: SIGKILL as a crash. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Stops it if it still runs and starts it again: same port, and the same data if it is append-only. */
  restart(): Promise<void>;
  /** Orderly shutdown. */
  stop(): Promise<void>;
}

const startTimeoutMs = 30_000;

/** Starts a Redis-protocol server (Valkey, or a Redis on PATH) on the loopback address. */
export async function startRedis(options: RedisOptions): Promise<Redis> {
  const command = findRedis();
  if (!command) throw new Error('There is no Redis here: call ensureBinaries({ redis: true }) first.');
  const dir = options.dataDir ?? makeTempDir('redis');
  const port = options.port ?? (await freePort());
  const settings: Record<string, string> = {
    bind: '127.0.0.1',
    port: String(port),
    dir: JSON.stringify(dir),
    appendonly: options.appendOnly ? 'yes' : 'no',
    save: '""',
    ...(options.password ? { requirepass: options.password } : {}),
    ...options.settings,
  };
  const start = async (): Promise<Child> => {
    const child = startChild({
      name: 'redis',
      command,
      args: ['-'],
      // Through stdin, since everybody on the machine can read a command line, and a password may be in here.
      input: Object.entries(settings)
        .map(([key, value]) => `${key} ${value}\n`)
        .join(''),
      cwd: dir,
      stopSignal: 'SIGTERM',
      logFile: options.logFile,
    });
    await child.waitForLine((line) => line.includes('Ready to accept connections') || undefined, startTimeoutMs);
    return child;
  };
  let child = await start();

  return {
    url: `redis://${options.password ? `:${options.password}@` : ''}127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid;
    },
    async kill(signal) {
      child.kill(signal);
      await child.exited;
    },
    async restart() {
      await child.stop();
      child = await start();
    },
    async stop() {
      await child.stop();
      if (!options.dataDir) rmSync(dir, { recursive: true, force: true });
    },
  };
}
