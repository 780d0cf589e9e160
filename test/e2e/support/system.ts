import { randomBytes, randomUUID } from 'node:crypto';
import { startEnvoy, type Envoy } from '../../../scripts/stack/envoy.ts';
import { startServer, type Server } from '../../../scripts/stack/server.ts';
import { getBackend } from '../../support/backend.ts';
import type { Door } from './door.ts';
import { grpcDoor, type GrpcDoor } from './grpc-door.ts';
import { jsonDoor } from './json-door.ts';

/** The stores of a system. */
export interface SystemStores {
  readonly redisUrl: string;
  readonly databaseUrl: string;
  drop(): Promise<void>;
}

/** How a system is to be. */
export interface SystemOptions {
  /** Server processes behind Envoy; two by default. */
  readonly instances?: number;
  /** Settings of the servers. */
  readonly env?: Readonly<Record<string, string>>;
  readonly corsOrigins?: readonly string[];
  /** Stores of its own, for tests that stop them; the shared ones by default. */
  readonly stores?: SystemStores;
}

/** A whole system: server processes on real stores behind the real Envoy. */
export interface System extends SystemStores {
  readonly url: string;
  readonly envoy: Envoy;
  readonly servers: Server[];
  readonly operatorKey: string;
  /** The secret with which its queue tokens are signed. */
  readonly tokenSecret: string;
  readonly json: Door;
  /** gRPC through Envoy. */
  readonly grpc: GrpcDoor;
  /** gRPC straight to one server. */
  direct(index: number): GrpcDoor;
  /** Starts a server that was stopped or killed, on the same ports. */
  restart(index: number): Promise<void>;
  /** The log lines of all processes so far. */
  logs(): string;
  stop(): Promise<void>;
}

// Each system has a number of the shared Redis, so that the tasks of one never see the lines of another.
let databaseNumber = 0;

/** A database of its own in the Postgres that all tests share, and a number of their Redis. */
export async function sharedStores(): Promise<SystemStores> {
  const backend = await getBackend();
  const database = await backend.newDatabase();
  const redisUrl = new URL(backend.redisUrl);
  databaseNumber = (databaseNumber % 15) + 1;
  redisUrl.pathname = `/${databaseNumber}`;
  return { redisUrl: redisUrl.href, databaseUrl: database.url, drop: () => database.drop() };
}

/** Starts a system; stop it in `after`. */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const stores = options.stores ?? (await sharedStores());
  const operatorKey = randomBytes(16).toString('hex');
  const tokenSecret = randomBytes(32).toString('base64url');
  const env = {
    ...envOn({ ...stores, tokenSecret, operatorKey }),
    TICK_MS: '50',
    RELAY_INTERVAL_MS: '200',
    REDIS_LOSS_MS: '200',
    ...options.env,
  };
  const start = (index: number, ports?: Server) =>
    startServer({ env, name: `server-${index}`, ...(ports && { grpcPort: ports.grpcPort, httpPort: ports.httpPort }) });
  const servers = await Promise.all(Array.from({ length: options.instances ?? 2 }, (_none, index) => start(index)));
  const backends = servers.map(({ grpcPort, httpPort }) => ({ host: '127.0.0.1', grpcPort, httpPort }));
  const envoy = await startEnvoy({ backends, corsOrigins: [...(options.corsOrigins ?? [])] });
  const json = jsonDoor(envoy.url);
  const grpc = grpcDoor('gRPC through Envoy', new URL(envoy.url).host);
  const direct = new Map<number, GrpcDoor>();
  const ended: string[] = [];
  return {
    ...stores,
    url: envoy.url,
    envoy,
    servers,
    operatorKey,
    tokenSecret,
    json,
    grpc,
    direct(index) {
      const door =
        direct.get(index) ?? grpcDoor(`gRPC to server ${index}`, `127.0.0.1:${serverAt(servers, index).grpcPort}`);
      direct.set(index, door);
      return door;
    },
    async restart(index) {
      const before = serverAt(servers, index);
      await before.stop();
      ended.push(before.output());
      servers[index] = await start(index, before);
      // A channel that lost its server waits before it tries again; a new one need not.
      direct.get(index)?.close();
      direct.delete(index);
    },
    logs: () => [...ended, ...servers.map((server) => server.output()), envoy.output()].join('\n'),
    async stop() {
      for (const door of [grpc, ...direct.values()]) door.close();
      await Promise.all(servers.map((server) => server.stop()));
      await envoy.stop();
      await stores.drop();
    },
  };
}

/** The settings that every server of a system has: its stores and its keys. */
export function envOn(
  system: Pick<System, 'redisUrl' | 'databaseUrl' | 'tokenSecret' | 'operatorKey'>,
): Readonly<Record<string, string>> {
  return {
    REDIS_URL: system.redisUrl,
    DATABASE_URL: system.databaseUrl,
    QUEUE_TOKEN_KEYS: `test:${system.tokenSecret}`,
    OPERATOR_KEYS: system.operatorKey,
  };
}

/** A server by its index. */
export function serverAt(servers: readonly Server[], index: number): Server {
  const server = servers[index];
  if (!server) throw new Error(`there is no server ${index}`);
  return server;
}

/** A user that nobody knows yet. */
export function newUserId(): string {
  return randomUUID();
}
