import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';

/** A bare HTTP/2 connection, to see what gRPC clients hide. */
export function rawConnection(address: string): ClientHttp2Session {
  return connect(`http://${address}`);
}

/** Opens a gRPC call with an empty message. */
export function rawCall(
  session: ClientHttp2Session,
  method: string,
  headers: Record<string, string> = {},
): ClientHttp2Stream {
  const stream = session.request({
    ':method': 'POST',
    ':path': `/frontrow.v1.QueueService/${method}`,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  stream.end(Buffer.alloc(5));
  return stream;
}

/** The first headers of an answer, and whether they are also its last. */
export function answerOf(stream: ClientHttp2Stream): Promise<{ headers: IncomingHttpHeaders; trailersOnly: boolean }> {
  return new Promise((resolve, reject) => {
    const END_STREAM = 0x1;
    stream.on('error', reject);
    stream.on('response', (headers, flags) => resolve({ headers, trailersOnly: (flags & END_STREAM) !== 0 }));
    stream.resume();
  });
}
