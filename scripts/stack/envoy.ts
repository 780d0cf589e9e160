import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { renderEnvoyConfig } from '../../envoy/render.mjs';
import { findEnvoy } from './binaries.ts';
import { startChild } from './child.ts';
import type { Exit } from './child.ts';
import { freePort } from './free-port.ts';
import { rootDir } from './paths.ts';
import { makeTempDir } from './temp-dir.ts';

/** A server process behind Envoy. */
export interface Backend {
  host: string;
  grpcPort: number;
  httpPort: number;
}

/** How to run Envoy. */
export interface EnvoyOptions {
  /** Any free port by default. */
  edgePort?: number;
  /** Any free port by default. */
  adminPort?: number;
  backends: readonly Backend[];
  /** Origins whose browser pages may call, such as `https://tickets.example`. */
  corsOrigins: readonly string[];
  /** Its log is appended to this file. */
  logFile?: string;
}

/** An Envoy of our own. */
export interface Envoy {
  /** Base of all JSON calls, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly adminPort: number;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** The last part of its log. */
  output(): string;
  stop(): Promise<void>;
}

const startTimeoutMs = 20_000;
// Envoy keeps its access log for 10 s before it writes it; who looks at it here waits for it.
const logOptions = ['--file-flush-interval-msec', '200'];

/** Starts Envoy with the repository's own configuration on the loopback address; resolves when it serves. */
export async function startEnvoy(options: EnvoyOptions): Promise<Envoy> {
  const command = findEnvoy();
  if (!command) throw new Error('There is no Envoy here: call ensureBinaries({ envoy: true }) first.');
  const port = options.edgePort ?? (await freePort());
  const adminPort = options.adminPort ?? (await freePort());
  const backendList = (pick: (backend: Backend) => number): string =>
    options.backends.map((backend) => `${backend.host}:${pick(backend)}`).join(',');
  const config = renderEnvoyConfig(readFileSync(join(rootDir, 'envoy/envoy.yaml'), 'utf8'), {
    EDGE_HOST: '127.0.0.1',
    EDGE_PORT: String(port),
    ADMIN_HOST: '127.0.0.1',
    ADMIN_PORT: String(adminPort),
    DESCRIPTOR_PATH: join(rootDir, 'src/generated/frontrow.binpb'),
    GRPC_BACKENDS: backendList((backend) => backend.grpcPort),
    HTTP_BACKENDS: backendList((backend) => backend.httpPort),
    CORS_ORIGINS: options.corsOrigins.join(','),
  });
  const dir = makeTempDir('envoy');
  const configFile = join(dir, 'envoy.yaml');
  writeFileSync(configFile, config);
  const child = startChild({
    name: 'envoy',
    command,
    args: ['-c', configFile, '--disable-hot-restart', '--concurrency', '1', '-l', 'warn', ...logOptions],
    stopSignal: 'SIGTERM',
    logFile: options.logFile,
  });
  const stop = async (): Promise<void> => {
    await child.stop();
    if (existsSync(dir)) rmSync(dir, { recursive: true, force: true });
  };
  try {
    await waitUntilLive(`http://127.0.0.1:${adminPort}/ready`, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    adminPort,
    pid: child.pid,
    exited: child.exited,
    output: () => child.output(),
    stop,
  };
}

async function waitUntilLive(readyUrl: string, child: { isRunning(): boolean; output(): string }): Promise<void> {
  const deadlineMs = Date.now() + startTimeoutMs;
  while (Date.now() < deadlineMs && child.isRunning()) {
    const answer = await fetch(readyUrl)
      .then((response) => response.text())
      .catch(() => '');
    if (answer.startsWith('LIVE')) return;
    await sleep(50);
  }
  const state = child.isRunning() ? `is not live after ${startTimeoutMs} ms` : 'ended at once';
  throw new Error(`envoy ${state}; its last output:\n${child.output().slice(-4000)}`);
}
