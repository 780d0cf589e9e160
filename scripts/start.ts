import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureBinaries, ensureGenerated } from './setup.ts';
import { startEnvoy } from './stack/envoy.ts';
import { freePort } from './stack/free-port.ts';
import { localDir } from './stack/paths.ts';
import { startInstance } from './start/instance.ts';
import { ensureSampleConcert } from './start/sample-concert.ts';
import { loadSecrets, operatorKeyFile } from './start/secrets.ts';
import { openPostgres, openRedis } from './start/stores.ts';

const usage = 'usage: npm start [-- --exit-when-ready]';
const instanceCount = 2;
const healthyTimeoutMs = 30_000;
const probeTimeoutMs = 1_000;
const logDir = join(localDir, 'logs');
const stackFile = join(localDir, 'stack.json');
const startedMs = Date.now();

/** What is to be stopped at the end, last started first. */
const stops: { name: string; stop: () => Promise<void> }[] = [];
let isStopping = false;
let ownsStackFile = false;

function say(line: string): void {
  console.log(`[${((Date.now() - startedMs) / 1000).toFixed(1).padStart(5)} s] ${line}`);
}

async function stopAll(exitCode: number): Promise<never> {
  isStopping = true;
  for (const { name, stop } of stops.splice(0).toReversed()) {
    say(`stopping ${name}`);
    await stop().catch((error: unknown) => console.error(error));
  }
  if (ownsStackFile) rmSync(stackFile, { force: true });
  process.exit(exitCode);
}

/** Refuses to start a second stack on the same data. */
async function refuseSecondStack(): Promise<void> {
  if (!existsSync(stackFile)) return;
  const { pid, edgeUrl } = JSON.parse(readFileSync(stackFile, 'utf8')) as { pid: number; edgeUrl: string };
  // The file of a stack that was killed stays behind, so it is the edge that has to speak for it.
  const isUp = await fetch(edgeUrl, { signal: AbortSignal.timeout(probeTimeoutMs) }).then(
    () => true,
    () => false,
  );
  if (isUp) throw new Error(`This clone's stack runs already (process ${pid}, ${edgeUrl}).`);
}

async function choosePort(variable: string, defaultPort: number, what: string): Promise<number> {
  const wished = Number(process.env[variable] || defaultPort);
  const port = await freePort(wished);
  if (port !== wished) say(`port ${wished} is taken, so ${what} is at ${port} (set ${variable} to choose)`);
  return port;
}

async function waitUntilServing(edgeUrl: string): Promise<void> {
  let last = '';
  for (const deadlineMs = Date.now() + healthyTimeoutMs; Date.now() < deadlineMs; await sleep(100)) {
    const response = await fetch(`${edgeUrl}/v1/concerts?pageSize=1`).catch(() => undefined);
    if (response?.ok) return;
    last = response ? `${response.status} ${await response.text()}` : 'no answer';
  }
  throw new Error(`The API does not answer: ${last}`);
}

async function start(): Promise<void> {
  await refuseSecondStack();
  rmSync(logDir, { recursive: true, force: true });
  mkdirSync(logDir, { recursive: true });
  await ensureGenerated();
  await ensureBinaries({ postgres: !process.env['DATABASE_URL'], redis: !process.env['REDIS_URL'], envoy: true });
  const secrets = loadSecrets();
  const log = (name: string): string => join(logDir, `${name}.log`);

  const postgres = await openPostgres(log('postgres'));
  stops.push({ name: 'Postgres', stop: () => postgres.stop() });
  say(`Postgres: ${postgres.description}`);
  const redis = await openRedis(log('redis'), secrets.redisPassword);
  stops.push({ name: 'Valkey', stop: () => redis.stop() });
  say(`Valkey (Redis): ${redis.description}`);

  const env = {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    QUEUE_TOKEN_KEYS: process.env['QUEUE_TOKEN_KEYS'] || secrets.queueTokenKeys,
    OPERATOR_KEYS: process.env['OPERATOR_KEYS'] || secrets.operatorKeys,
  };
  const backends = [];
  for (let number = 1; number <= instanceCount; number += 1) {
    const name = `server-${number}`;
    const instance = await startInstance({ name, env, logFile: log(name) }, say);
    stops.push({ name, stop: () => instance.stop() });
    backends.push({ host: '127.0.0.1', grpcPort: instance.grpcPort, httpPort: instance.httpPort });
    say(`${name}: gRPC at 127.0.0.1:${instance.grpcPort}, health and docs at 127.0.0.1:${instance.httpPort}`);
  }

  const envoy = await startEnvoy({
    edgePort: await choosePort('EDGE_PORT', 8080, 'the edge'),
    adminPort: await choosePort('ADMIN_PORT', 9901, "Envoy's admin page"),
    backends,
    corsOrigins: (process.env['CORS_ORIGINS'] ?? '').split(',').filter(Boolean),
    logFile: log('envoy'),
  });
  stops.push({ name: 'Envoy', stop: () => envoy.stop() });
  void envoy.exited.then(() => {
    if (isStopping) return;
    console.error(`Envoy ended; its last output:\n${envoy.output().slice(-2000)}`);
    return stopAll(1);
  });
  await waitUntilServing(envoy.url);
  const operatorKey = env.OPERATOR_KEYS.split(',')[0] ?? '';
  const concertId = await ensureSampleConcert(envoy.url, operatorKey);
  // For the other developer commands; it holds passwords.
  const stack = {
    pid: process.pid,
    edgeUrl: envoy.url,
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    concertId,
    backends,
  };
  ownsStackFile = true;
  writeFileSync(stackFile, `${JSON.stringify(stack, undefined, 2)}\n`, { mode: 0o600 });
  say('ready');
  announce(envoy.url, envoy.adminPort, concertId);
}

function announce(edgeUrl: string, adminPort: number, concertId: string): void {
  const near = (path: string): string => relative(process.cwd(), path);
  console.log(`
  JSON API, gRPC   ${edgeUrl}
  Documentation    ${edgeUrl}/docs
  Envoy's admin    http://127.0.0.1:${adminPort}
  Operator key     ${near(operatorKeyFile)}
  Logs, addresses  ${near(logDir)}/, ${near(stackFile)}
  Sample concert   ${concertId}

  Take a place in the line:

    curl -s -X POST ${edgeUrl}/v1/concerts/${concertId}/queue/tokens \\
      -H 'content-type: application/json' -d '{"userId": "${randomUUID()}"}'

  Ctrl-C stops everything; the data stays for the next start.
`);
}

const flags = process.argv.slice(2);
if (flags.some((flag) => flag !== '--exit-when-ready')) {
  console.error(usage);
  process.exit(2);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // A terminal's Ctrl-C arrives twice: from the terminal, and passed on by the process that started this one.
    if (!isStopping) void stopAll(0);
  });
}
try {
  await start();
  if (flags.length > 0) await stopAll(0);
} catch (error) {
  if (!isStopping) {
    console.error(`\nCannot start: ${error instanceof Error ? error.message : String(error)}`);
    await stopAll(1);
  }
}
