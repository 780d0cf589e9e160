import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { WatchPositionResponse } from '../../../src/generated/frontrow/v1/queue.ts';
import { ADMITTED, FIELDS, OTHER, SOLD_OUT, WAITING, type Arrivals } from './watch-lag.ts';
import { serveProgram } from './watch-program.ts';
import type { Ticket } from './watch-sale.ts';

/** What this program does. */
export type CrowdCalls = {
  /** Opens a stream for each ticket; resolves when each has had its first message. */
  open(request: { address: string; connections: number; tickets: readonly Ticket[] }): Promise<void>;
  /** How many were told that no seat is free. */
  toldSoldOut(request: null): number;
  finish(request: null): Arrivals;
};

/** Streams that were asked for and have had no message yet. */
const MAX_OPENING = 500;
const PREFIX_BYTES = 5;
const RECORDS_AT_FIRST = 1 << 18;

const fromMs = Date.now();
const delay = monitorEventLoopDelay({ resolution: 5 });
let records = new Int32Array(RECORDS_AT_FIRST * FIELDS);
let used = 0;
let broken = 0;
const toldSoldOut = new Set<number>();

function write(number: number, bytes: Uint8Array): void {
  const { event } = WatchPositionResponse.decode(bytes);
  if (event?.$case !== 'place') return;
  const { state, position, soldOut } = event.value;
  if (soldOut) toldSoldOut.add(number);
  const letter = state === 'WAITING' ? WAITING : state === 'ADMITTED' ? ADMITTED : OTHER;
  if (used === records.length) {
    const larger = new Int32Array(records.length * 2);
    larger.set(records);
    records = larger;
  }
  records[used] = number;
  records[used + 1] = position;
  records[used + 2] = letter + (soldOut ? SOLD_OUT : 0);
  records[used + 3] = Date.now() - fromMs;
  used += FIELDS;
}

/** Cuts a stream's bytes into messages; nearly always a chunk is exactly one. */
function readMessages(stream: ClientHttp2Stream, onMessage: (bytes: Uint8Array) => void): void {
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

function watch(session: ClientHttp2Session, { number, token }: Ticket): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/frontrow.v1.QueueService/WatchPosition',
      'content-type': 'application/grpc',
      te: 'trailers',
      'queue-token': token,
    });
    stream.end(Buffer.alloc(PREFIX_BYTES));
    let told = false;
    readMessages(stream, (bytes) => {
      write(number, bytes);
      if (!told) resolve();
      told = true;
    });
    stream.on('error', reject);
    stream.on('close', () => {
      broken += 1;
      reject(new Error(`the stream of number ${number} closed`));
    });
  });
}

async function openAll(sessions: readonly ClientHttp2Session[], tickets: readonly Ticket[]): Promise<void> {
  let next = 0;
  const openOneByOne = async (): Promise<void> => {
    for (let index = next++; index < tickets.length; index = next++) {
      const session = sessions[index % sessions.length];
      const ticket = tickets[index];
      if (session && ticket) await watch(session, ticket);
    }
  };
  await Promise.all(Array.from({ length: MAX_OPENING }, openOneByOne));
}

const calls: CrowdCalls = {
  async open({ address, connections, tickets }) {
    const sessions = Array.from({ length: connections }, () => connect(`http://${address}`));
    for (const session of sessions) session.on('error', () => undefined);
    await openAll(sessions, tickets);
    delay.enable();
  },
  toldSoldOut: () => toldSoldOut.size,
  finish() {
    return { messages: records.slice(0, used), fromMs, broken, ownDelayP99Ms: Math.round(delay.percentile(99) / 1e6) };
  },
};
serveProgram(calls);
