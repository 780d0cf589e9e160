import type { SeatEvent } from '../../../src/catalog/index.ts';
import { SeatReplay } from '../../support/seat-replay.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { objectAt, textAt, type JsonObject } from './door.ts';
import type { GrpcDoor } from './grpc-door.ts';
import type { Fan, Sale } from './sale.ts';

/** A stream of seats as a user reads it, and the map that it makes. */
export interface SeatStream {
  readonly replay: SeatReplay;
  readonly heartbeats: () => number;
  /** Waits for something to be true of what was read. */
  until(what: string, condition: (replay: SeatReplay) => boolean): Promise<void>;
  /** Why the stream ended; resolves when it has. */
  readonly ended: Promise<string>;
  cancel(): Promise<void>;
}

/** Opens a stream by gRPC. */
export function watchByGrpc(door: GrpcDoor, fan: Fan, { performanceId }: Pick<Sale, 'performanceId'>): SeatStream {
  const stream = door.stream('CatalogService.WatchSeats', fan.headers, { performanceId });
  return readStream(stream, () => stream.cancel());
}

/** Opens a stream of server-sent events, with the token in the query as a browser's EventSource has to send it. */
export async function watchBySse(url: string, fan: Fan, { performanceId }: Sale): Promise<SeatStream> {
  const aborting = new AbortController();
  const path = `/v1/performances/${performanceId}/seats:watch?access_token=${fan.token}`;
  const response = await fetch(new URL(path, url), { signal: aborting.signal });
  const type = response.headers.get('content-type');
  if (type !== 'text/event-stream') throw new Error(`answered ${response.status} ${type}: ${await response.text()}`);
  return readStream(messagesOf(response), () => aborting.abort());
}

async function* messagesOf(response: Response): AsyncGenerator<JsonObject> {
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const parts = (text + chunk).split('\n\n');
    text = parts.pop() ?? '';
    for (const part of parts) yield JSON.parse(part.slice('data: '.length)) as JsonObject;
  }
}

function readStream(messages: AsyncIterable<JsonObject>, cancel: () => void): SeatStream {
  const replay = new SeatReplay();
  let heartbeats = 0;
  let reason = '';
  let failure: unknown;
  const reading = (async () => {
    for await (const message of messages) {
      const event = seatEventOf(message);
      replay.take(event);
      if (event.kind === 'heartbeat') heartbeats += 1;
      if (event.kind === 'end') reason = event.reason;
    }
    return reason;
  })();
  reading.catch((error: unknown) => (failure = error));
  return {
    replay,
    heartbeats: () => heartbeats,
    async until(what, condition) {
      const isSo = () => {
        if (failure !== undefined) throw new Error('the stream failed', { cause: failure });
        return condition(replay);
      };
      await waitUntil(isSo, { what, timeoutMs: 15_000 });
    },
    ended: reading,
    async cancel() {
      cancel();
      await reading.catch(() => undefined);
    },
  };
}

/** A message as either door gives it. */
function seatEventOf(message: JsonObject): SeatEvent {
  if (message['map']) {
    const part = objectAt(message, 'map');
    const { version, ...rest } = { ...part, version: BigInt(textAt(part, 'version')) };
    return { ...rest, kind: 'map', version } as unknown as SeatEvent;
  }
  if (message['changes']) {
    const changes = objectAt(message, 'changes');
    const [fromVersion, version] = [BigInt(textAt(changes, 'fromVersion')), BigInt(textAt(changes, 'version'))];
    return { ...changes, kind: 'changes', fromVersion, version } as unknown as SeatEvent;
  }
  if (message['end']) {
    return { kind: 'end', reason: textAt(objectAt(message, 'end'), 'reason') as 'STOPPING', reconnectAfterMs: 0 };
  }
  objectAt(message, 'heartbeat');
  return { kind: 'heartbeat', atMs: 0 };
}
