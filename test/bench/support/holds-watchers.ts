import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { WatchSeatsRequest, WatchSeatsResponse } from '../../../src/generated/frontrow/v1/catalog.ts';
import { serveProgram } from './watch-program.ts';

/** Numbers that are written down for each message of changes that arrived: the message, the watcher and the time. */
export const FIELDS = 3;

/** What one message of changes said, to all who were told. */
export interface ToldChanges {
  readonly held: readonly number[];
  readonly released: readonly number[];
}

/** What all streams were told. */
export interface SeatArrivals {
  /** In the order of their versions. */
  readonly messages: readonly ToldChanges[];
  /** FIELDS numbers for each arrival, the time in ms since 1970. */
  readonly arrivals: Float64Array;
  /** Maps that came after the first one: changes were missed. */
  readonly mapsAgain: number;
  /** Streams that ended. */
  readonly broken: number;
  /** By how much the program that wrote this down may have been late to notice, 99 of 100 times. */
  readonly ownDelayP99Ms: number;
}

/** What this program does. */
export type SeatWatcherCalls = {
  /** Opens a stream for each token; resolves when each has its whole map. */
  open(request: {
    address: string;
    connections: number;
    performanceId: string;
    tokens: readonly string[];
  }): Promise<void>;
  finish(request: null): SeatArrivals;
};

/** Streams that were asked for and do not have their map yet. */
const MAX_OPENING = 50;
const PREFIX_BYTES = 5;

const delay = monitorEventLoopDelay({ resolution: 5 });
const arrivals: number[] = [];
const messages: ToldChanges[] = [];
/** Messages by their bytes: all watchers are told the same, and it is read once. */
const known = new Map<string, number>();
let mapsAgain = 0;
let broken = 0;

/** Writes a message down; returns whether it was the last part of a map. */
function write(watcher: number, bytes: Buffer, hasMap: boolean): boolean {
  const atMs = performance.timeOrigin + performance.now();
  const text = bytes.toString('latin1');
  let message = known.get(text);
  if (message === undefined) {
    const { event } = WatchSeatsResponse.decode(bytes);
    if (event?.$case === 'map' && hasMap) mapsAgain += 1;
    if (event?.$case !== 'changes') return event?.$case === 'map' && event.value.complete;
    message = messages.push({ held: event.value.held, released: event.value.released }) - 1;
    known.set(text, message);
  }
  arrivals.push(message, watcher, atMs);
  return false;
}

/** Cuts a stream's bytes into messages. */
function readMessages(stream: ClientHttp2Stream, onMessage: (bytes: Buffer) => void): void {
  let rest: Buffer | undefined;
  stream.on('data', (chunk: Buffer) => {
    let bytes = rest ? Buffer.concat([rest, chunk]) : chunk;
    while (bytes.length >= PREFIX_BYTES) {
      const end = PREFIX_BYTES + bytes.readUInt32BE(1);
      if (bytes.length < end) break;
      onMessage(bytes.subarray(PREFIX_BYTES, end));
      bytes = bytes.subarray(end);
    }
    rest = bytes.length > 0 ? bytes : undefined;
  });
}

function watch(session: ClientHttp2Session, request: Buffer, watcher: number, token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/frontrow.v1.CatalogService/WatchSeats',
      'content-type': 'application/grpc',
      te: 'trailers',
      'queue-token': token,
    });
    stream.end(request);
    let hasMap = false;
    readMessages(stream, (bytes) => {
      if (!write(watcher, bytes, hasMap)) return;
      hasMap = true;
      resolve();
    });
    stream.on('error', reject);
    stream.on('close', () => {
      broken += 1;
      reject(new Error(`the stream of watcher ${watcher} closed`));
    });
  });
}

const calls: SeatWatcherCalls = {
  async open({ address, connections, performanceId, tokens }) {
    const sessions = Array.from({ length: connections }, () => connect(`http://${address}`));
    for (const session of sessions) session.on('error', () => undefined);
    const message = WatchSeatsRequest.encode({ performanceId, accessToken: '' }).finish();
    const request = Buffer.concat([Buffer.alloc(PREFIX_BYTES), message]);
    request.writeUInt32BE(message.length, 1);
    let next = 0;
    const openOneByOne = async (): Promise<void> => {
      for (let index = next++; index < tokens.length; index = next++) {
        const session = sessions[index % sessions.length];
        if (session) await watch(session, request, index, tokens[index] ?? '');
      }
    };
    await Promise.all(Array.from({ length: MAX_OPENING }, openOneByOne));
    delay.enable();
  },
  finish() {
    const ownDelayP99Ms = Math.round(delay.percentile(99) / 1e6);
    return { messages, arrivals: Float64Array.from(arrivals), mapsAgain, broken, ownDelayP99Ms };
  },
};
serveProgram(calls);
