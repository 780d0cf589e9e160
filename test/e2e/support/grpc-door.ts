import { join } from 'node:path';
import { credentials, loadPackageDefinition, Metadata, type Client, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { rootDir } from '../../../scripts/stack/paths.ts';
import { Place } from '../../../src/generated/frontrow/v1/queue.ts';
import { BadRequest, ErrorInfo } from '../../../src/generated/google/rpc/error_details.ts';
import { Status } from '../../../src/generated/google/rpc/status.ts';
import type { Answer, Door, JsonObject } from './door.ts';

const definition = loadSync(
  ['queue', 'catalog', 'reservation', 'wallet', 'payment'].map((name) => `frontrow/v1/${name}.proto`),
  {
    includeDirs: [join(rootDir, 'proto'), join(rootDir, '.local/third_party')],
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  },
);
const loaded = loadPackageDefinition(definition) as unknown as {
  frontrow: { v1: Record<string, new (address: string, ...rest: unknown[]) => DynamicClient> };
};

type Unary = (
  request: JsonObject,
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, response?: JsonObject) => void,
) => { on(event: 'metadata', listener: (metadata: Metadata) => void): void };

/** A stream of responses. */
export interface ResponseStream extends AsyncIterable<JsonObject> {
  cancel(): void;
}
type Streaming = (request: JsonObject, metadata: Metadata) => ResponseStream;
type DynamicClient = Client & Record<string, unknown>;

const DEADLINE_MS = 30_000;

/** A gRPC door, and the streams that only it has in this form. */
export interface GrpcDoor extends Door {
  stream(rpc: string, headers: Readonly<Record<string, string>>, request?: JsonObject): ResponseStream;
}

/** The door of gRPC: a client made from the proto files at run time, as any user of the API could. */
export function grpcDoor(name: string, address: string): GrpcDoor {
  const clients = new Map<string, DynamicClient>();
  const clientOf = (service: string): DynamicClient => {
    const known = clients.get(service);
    if (known) return known;
    const Service = loaded.frontrow.v1[service];
    if (!Service) throw new Error(`there is no service ${service}`);
    const client = new Service(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
    clients.set(service, client);
    return client;
  };
  return {
    name,
    call(rpc, request = {}, headers = {}) {
      const [service = '', method = ''] = rpc.split('.');
      const client = clientOf(service);
      const initial = new Metadata();
      return new Promise((resolve) => {
        const call = (client[method] as Unary).call(
          client,
          request,
          metadataOf(headers),
          { deadline: Date.now() + DEADLINE_MS },
          (error, response) => resolve(answerOf(error, response ?? {}, initial)),
        );
        call.on('metadata', (metadata) => initial.merge(metadata));
      });
    },
    stream(rpc, headers, request = {}) {
      const [service = '', method = ''] = rpc.split('.');
      const client = clientOf(service);
      return (client[method] as Streaming).call(client, request, metadataOf(headers));
    },
    close() {
      for (const client of clients.values()) client.close();
    },
  };
}

function metadataOf(headers: Readonly<Record<string, string>>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

function answerOf(error: ServiceError | null, body: JsonObject, initial: Metadata): Answer {
  const trailers = error?.metadata ?? new Metadata();
  const bytes = trailers.get('grpc-status-details-bin')[0];
  const details = Buffer.isBuffer(bytes) ? Status.decode(bytes).details : [];
  const detail = (type: string) => details.find((each) => each.typeUrl.endsWith(`/${type}`))?.value;
  const info = detail('google.rpc.ErrorInfo');
  const badRequest = detail('google.rpc.BadRequest');
  const place = detail('frontrow.v1.Place');
  const decoded = info && ErrorInfo.decode(info);
  const header = (name: string) => initial.get(name)[0]?.toString() ?? trailers.get(name)[0]?.toString();
  return {
    code: error?.code ?? 0,
    http: undefined,
    body: error ? {} : body,
    message: error?.details ?? '',
    reason: decoded?.reason,
    metadata: decoded?.metadata ?? {},
    violations: badRequest ? BadRequest.decode(badRequest).fieldViolations : [],
    placeState: place ? Place.decode(place).state : undefined,
    details: details.map((each) => each.typeUrl.replace('type.googleapis.com/', '')),
    header,
    raw: error ? `${error.details} ${Buffer.isBuffer(bytes) ? bytes.toString('latin1') : ''}` : JSON.stringify(body),
  };
}
