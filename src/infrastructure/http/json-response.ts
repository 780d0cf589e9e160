import type { ServerResponse } from 'node:http';

/** Answers with JSON that is never cached. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(text);
}

/** Answers with the body that errors have everywhere in the API; the code is the gRPC one. */
export function sendError(response: ServerResponse, status: number, code: number, message: string): void {
  sendJson(response, status, { code, message, details: [] });
}
