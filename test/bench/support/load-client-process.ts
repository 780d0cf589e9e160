// The process behind LoadClient: takes a load as a message, answers with what it measured, ends with its parent.
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, constants, type ClientHttp2Session } from 'node:http2';
import type { Load, LoadReply, LoadResult } from './load-client.ts';

const PREFIX_BYTES = 5;
const sessions = new Map<number, ClientHttp2Session>();

function sessionOf(port: number): ClientHttp2Session {
  const known = sessions.get(port);
  if (known && !known.closed && !known.destroyed) return known;
  const session = connect(`http://127.0.0.1:${port}`);
  // A connection that breaks is reported by each call on it.
  session.on('error', () => {});
  sessions.set(port, session);
  return session;
}

/** The message with the five bytes that gRPC puts before it: not compressed, and the length. */
function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(PREFIX_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

/** One call; gives the response's message, or nothing where it is not wanted. */
function call(session: ClientHttp2Session, load: Load, frame: Buffer, token: string | undefined) {
  return new Promise<Uint8Array | undefined>((resolve, reject) => {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: load.path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(token !== undefined && { 'queue-token': token }),
    });
    const chunks: Buffer[] = [];
    let status: string | undefined;
    const readStatus = (headers: Readonly<Record<string, unknown>>) => {
      const [code, message] = [headers['grpc-status'], headers['grpc-message']];
      if (typeof code === 'string') status = code === '0' ? '' : `${code} ${String(message)}`;
    };
    // An answer without a message has its status among the first headers.
    stream.on('response', readStatus);
    stream.on('trailers', readStatus);
    stream.on('data', (chunk: Buffer) => void (load.keepResponses && chunks.push(chunk)));
    stream.on('error', reject);
    stream.on('close', () => {
      if (status !== '') reject(new Error(`${load.path} ended with ${status ?? 'no status'}`));
      else resolve(load.keepResponses ? Buffer.concat(chunks).subarray(PREFIX_BYTES) : undefined);
    });
    stream.end(frame);
  });
}

async function run(load: Load): Promise<LoadResult> {
  const { calls, concurrency, ratePerSecond, requests, tokens } = load;
  const session = sessionOf(load.port);
  const frames = requests.map(frameOf);
  const latenciesMs = new Float64Array(calls);
  const endedAtMs = new Float64Array(calls);
  const responses: Uint8Array[] = [];
  let [begun, ended] = [0, 0];
  const startMs = performance.now();
  const caller = async () => {
    while (begun < calls) {
      const index = begun;
      begun += 1;
      const waitMs = ratePerSecond === undefined ? 0 : startMs + (index * 1_000) / ratePerSecond - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      const frame = frames[index % frames.length] ?? Buffer.alloc(PREFIX_BYTES);
      const callMs = performance.now();
      const response = await call(session, load, frame, tokens[index % tokens.length]);
      const endMs = performance.now();
      latenciesMs[ended] = endMs - callMs;
      endedAtMs[ended] = performance.timeOrigin + endMs;
      ended += 1;
      if (response) responses.push(response);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return { latenciesMs, endedAtMs, elapsedMs: performance.now() - startMs, responses };
}

process.on('disconnect', () => process.exit());
process.on('message', (load: Load) => {
  const answer = (reply: LoadReply) => void process.send?.(reply);
  run(load).then(
    (result) => answer({ result }),
    (error: unknown) => answer({ error: String(error) }),
  );
});
