import type { CallOptions, ClientReadableStream, Metadata, ServiceError } from '@grpc/grpc-js';
import type {
  GetPositionResponse,
  QueueServiceClient,
  WatchPositionResponse,
} from '../../../../../src/generated/frontrow/v1/queue.ts';
import { headers } from './queue-server.ts';

/** How a unary call came out. */
export interface Outcome {
  readonly error: ServiceError | null;
  readonly response: GetPositionResponse | undefined;
  readonly initial: Metadata | undefined;
}

/** Calls GetPosition and waits for its end, which may be an error. */
export function getPosition(client: QueueServiceClient, sent = headers(), options: CallOptions = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    let initial: Metadata | undefined;
    const call = client.getPosition({}, sent, options, (error, response) => resolve({ error, response, initial }));
    call.on('metadata', (metadata: Metadata) => (initial = metadata));
  });
}

/** How a stream came out. */
export interface StreamOutcome {
  readonly error: ServiceError | undefined;
  readonly messages: readonly WatchPositionResponse[];
}

/** Opens WatchPosition: `first` is its first message, `ended` how it ended. */
export function watchPosition(client: QueueServiceClient, sent = headers()) {
  const call: ClientReadableStream<WatchPositionResponse> = client.watchPosition({ accessToken: '' }, sent);
  const messages: WatchPositionResponse[] = [];
  const first = new Promise<void>((resolve) => call.once('data', () => resolve()));
  const ended = new Promise<StreamOutcome>((resolve) => {
    call.on('data', (message: WatchPositionResponse) => messages.push(message));
    call.on('error', (error: ServiceError) => resolve({ error, messages }));
    call.on('end', () => resolve({ error: undefined, messages }));
  });
  return { call, first, ended };
}
