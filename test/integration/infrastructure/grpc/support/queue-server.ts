import { readFileSync } from 'node:fs';
import { type ChannelOptions, credentials, Metadata } from '@grpc/grpc-js';
import { pino } from 'pino';
import { z } from 'zod';
import {
  type GetPositionResponse,
  QueueServiceClient,
  QueueServiceService,
  type WatchPositionResponse,
} from '../../../../../src/generated/frontrow/v1/queue.ts';
import type { CallContext } from '../../../../../src/infrastructure/grpc/call-context.ts';
import {
  createGrpcServer,
  type GrpcServer,
  type GrpcServerOptions,
} from '../../../../../src/infrastructure/grpc/server.ts';
import { defineService } from '../../../../../src/infrastructure/grpc/service.ts';
import { DomainError } from '../../../../../src/shared/domain-error.ts';
import type { PlaceClaims } from '../../../../../src/shared/place-claims.ts';
import { IteratedMessages } from '../../../../support/messages.ts';

/** What two methods of the server under test do. */
export interface Handlers {
  position?(context: CallContext): Promise<GetPositionResponse>;
  watch?(context: CallContext): AsyncIterable<WatchPositionResponse>;
}

/** A started server with a client of its own. */
export interface QueueServer {
  readonly server: GrpcServer;
  readonly address: string;
  readonly client: QueueServiceClient;
  readonly log: readonly Record<string, unknown>[];
  connect(options?: ChannelOptions): QueueServiceClient;
}

const CLAIMS: PlaceClaims = {
  userId: '0b9b1f7e-5f5c-4d0a-9a39-3f7f5f2d1c11',
  concertId: '5a1c0d1e-0000-4000-8000-000000000001',
  epoch: 1,
  number: 17,
};
const running: { servers: GrpcServer[]; clients: QueueServiceClient[] } = { servers: [], clients: [] };

/** Starts a real server with two methods of the queue service on a free port. */
export async function startQueueServer(
  handlers: Handlers,
  given: Partial<GrpcServerOptions> = {},
): Promise<QueueServer> {
  const log: Record<string, unknown>[] = [];
  const write = (text: string) => log.push(JSON.parse(text) as Record<string, unknown>);
  const service = defineService(
    { getPosition: QueueServiceService.getPosition, watchPosition: QueueServiceService.watchPosition },
    {
      getPosition: {
        schema: z.object({}),
        handle: (_request, context) => handlers.position?.(context) ?? Promise.resolve({ place: undefined }),
      },
      watchPosition: {
        schema: z.object({ accessToken: z.string() }),
        handle: (_request, context) => new IteratedMessages(handlers.watch?.(context) ?? nothing()),
      },
    },
  );
  const server = createGrpcServer({
    host: '127.0.0.1',
    port: 0,
    services: [service],
    descriptorSet: readFileSync('src/generated/frontrow.binpb'),
    access: {
      operatorKeys: [],
      verifyQueueToken(token) {
        if (token !== 'good') throw new DomainError('TOKEN_INVALID', 'The queue token is not valid.');
        return CLAIMS;
      },
      requireAdmitted: async () => undefined,
    },
    storeGuard: { failure: () => new AbortController().signal },
    logger: pino({ level: 'trace' }, { write }),
    maxConnectionAgeMs: 60_000,
    ...given,
  });
  running.servers.push(server);
  const { port } = await server.start();
  const address = `127.0.0.1:${port}`;
  const connect = (options: ChannelOptions = {}) => {
    const client = new QueueServiceClient(address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      ...options,
    });
    running.clients.push(client);
    return client;
  };
  return { server, address, log, client: connect(), connect };
}

/** Ends whatever the tests started. */
export async function stopQueueServers(): Promise<void> {
  for (const client of running.clients.splice(0)) client.close();
  await Promise.all(running.servers.splice(0).map((server) => server.stop(0)));
}

/** Headers with a token that is accepted. */
export function headers(entries: Record<string, string> = {}): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries({ 'queue-token': 'good', ...entries })) metadata.set(key, value);
  return metadata;
}

/** Ends when the signal of its call aborts. */
export function aborted({ signal }: CallContext): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A sign of life. */
export const heartbeat: WatchPositionResponse = { event: { $case: 'heartbeat', value: { at: undefined } } };

async function* nothing(): AsyncIterable<WatchPositionResponse> {}
