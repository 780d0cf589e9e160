import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { type NewId, newId } from '../../shared/ids.ts';
import { routeGrpcLog } from '../telemetry/grpc-log.ts';
import { createChain } from './chain.ts';
import { createHealth } from './health.ts';
import { InFlight } from './in-flight.ts';
import type { AccessPorts } from './interceptors/access.ts';
import type { CountCall } from './interceptors/call-count.ts';
import type { StoreGuard } from './interceptors/store-guard.ts';
import { type Access, methodRules } from './method-rules.ts';
import { createReflection } from './reflection.ts';
import { registerService } from './register-service.ts';
import { raiseResetLimits } from './reset-limits.ts';
import type { GrpcService } from './service.ts';
import { toStatus, type ToStatusOptions } from './to-status.ts';

/** What a gRPC server is made from. */
export interface GrpcServerOptions extends Omit<ToStatusOptions, 'logger'> {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly services: readonly GrpcService[];
  /** A serialised google.protobuf.FileDescriptorSet: access rules and reflection are read from it. */
  readonly descriptorSet: Buffer;
  /** Access by method path, where it is configurable. */
  readonly accessOverrides?: Readonly<Record<string, Access>>;
  readonly access: AccessPorts;
  readonly storeGuard: StoreGuard;
  readonly logger: Logger;
  /** When a client is asked to connect anew, give or take a tenth, so that load spreads over new instances. */
  readonly maxConnectionAgeMs: number;
  /** How long the calls of such a connection may go on; 10 minutes if not said. */
  readonly maxConnectionAgeGraceMs?: number;
  /** How long a stream has for its last message when the server stops; 1 s if not said. */
  readonly streamGraceMs?: number;
  readonly newId?: NewId;
  /** Told of each call; nobody is if not said. */
  readonly countCall?: CountCall;
}

/** A gRPC server. */
export interface GrpcServer {
  /**
   * Listens, and says so by its health.
   *
   * @throws Error where the address cannot be bound
   */
  start(): Promise<{ readonly port: number }>;
  /** Says by the health whether this instance wants calls. */
  setServing(serving: boolean): void;
  /**
   * Stops: no new calls, streams are told, the others may finish. Calls that still run after the grace are cut off.
   *
   * @param graceMs how long calls may go on
   */
  stop(graceMs: number): Promise<void>;
}

const MAX_REQUEST_BYTES = 256 * 1_024;
const CONNECTION_AGE_GRACE_MS = 10 * 60_000;
const STREAM_GRACE_MS = 1_000;
const KEEPALIVE_MS = 60_000;
const KEEPALIVE_TIMEOUT_MS = 20_000;
// A watcher that leaves is one reset on the connection that a gateway shares among thousands of them.
const RESET_LIMITS = { streamResetBurst: 100_000, streamResetRate: 10_000 };

/**
 * A gRPC server with health and reflection. Each call goes through the chain.
 *
 * @throws Error if a method lacks its rule, or a route its method: the server must not start then
 */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const { host, logger, descriptorSet } = options;
  routeGrpcLog(logger);
  const rules = methodRules(descriptorSet, options.accessOverrides);
  const inFlight = new InFlight();
  const failureOf = toStatus(options);
  const nowMs = () => performance.now();
  const countCall = options.countCall ?? (() => undefined);
  const chain = createChain({ ...options, failureOf, inFlight, newId: options.newId ?? newId, nowMs, countCall });
  const server = new Server({
    'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
    'grpc.max_connection_age_ms': options.maxConnectionAgeMs,
    'grpc.max_connection_age_grace_ms': options.maxConnectionAgeGraceMs ?? CONNECTION_AGE_GRACE_MS,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    // Nobody asks for what it keeps of each call. Without it a forced shutdown leaves sessions open: a drain ends them.
    'grpc.enable_channelz': 0,
  });
  raiseResetLimits(server, RESET_LIMITS);
  const serving = { rules, chain, failureOf, graceMs: options.streamGraceMs ?? STREAM_GRACE_MS };
  const names = options.services.map((service) => registerService(server, service, serving));
  const health = createHealth(names);
  health.addToServer(server);
  createReflection(descriptorSet, names).addToServer(server);
  let address = '';
  let stopping: Promise<void> | undefined;
  const stop = async (graceMs: number): Promise<void> => {
    health.stop();
    inFlight.stop();
    await shutDown(server, address, inFlight, graceMs);
    logger.info({ abandoned: inFlight.size }, 'gRPC server stopped');
  };

  return {
    async start() {
      const name = host.includes(':') ? `[${host}]` : host;
      const port = await bind(server, `${name}:${options.port}`);
      address = `${name}:${port}`;
      health.setServing(true);
      return { port };
    },
    setServing: (serving) => health.setServing(serving),
    stop: (graceMs) => (stopping ??= stop(graceMs)),
  };
}

function bind(server: Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port);
      else reject(new Error(`cannot listen on ${address}`, { cause: error }));
    });
  });
}

/** Waits for calls and connections to end, but not longer than the grace. */
async function shutDown(server: Server, address: string, inFlight: InFlight, graceMs: number): Promise<void> {
  // The order matters: after tryShutdown, drain does not find the port any more, and an open stream keeps it waiting
  // for ever. A drain asks clients to go, and cuts connections off when the grace has passed.
  if (address !== '') server.drain(address, graceMs);
  const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  // A call whose caller has gone may still run, though its connection is closed.
  const ended = Promise.all([closed, inFlight.idle()]);
  let timer: NodeJS.Timeout | undefined;
  const grace = new Promise<void>((resolve) => (timer = setTimeout(resolve, graceMs)));
  await Promise.race([ended, grace]);
  clearTimeout(timer);
  server.forceShutdown();
}
