import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { serveDocsPages } from './docs-pages.ts';
import { sendError, sendJson } from './json-response.ts';

/** What the HTTP listener needs. */
export interface HttpServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The OpenAPI document, a JSON file. */
  readonly openApiPath: string;
  /** Whether this instance answers calls now; asked at each request. */
  readonly health: () => { readonly serving: boolean };
  /** What the instance counts, as Prometheus reads it; asked at each request. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  readonly logger: Logger;
}

/** The listener beside gRPC: health for load balancers, metrics for alarms, documentation for people. */
export interface HttpServer {
  /** Listens; rejects where the port is taken or the document cannot be read. */
  start(): Promise<{ readonly port: number }>;
  /** Takes no more requests and lets those under way finish for a moment. */
  stop(): Promise<void>;
}

// Longer than the pauses between a proxy's requests: a connection closed under a request is an error for its sender.
const KEEP_ALIVE_MS = 65_000;
const STOP_GRACE_MS = 2_000;

interface Document {
  readonly body: Buffer;
  readonly etag: string;
}

/**
 * Makes the HTTP listener: `/healthz`, `/metrics`, `/openapi.json` and the documentation pages under `/docs/`. The API itself is
 * not here: a transcoder in front of gRPC serves it.
 */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { host, port, openApiPath, health, metrics, logger } = options;
  const servePage = serveDocsPages();
  let document: Document | undefined;

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url?.split('?', 1)[0] ?? '/';
    const notFound = (): void => sendError(response, 404, 5, 'There is nothing at this path.');
    response.setHeader('x-content-type-options', 'nosniff');
    if (request.method !== 'GET' && request.method !== 'HEAD') return notFound();
    if (path === '/healthz') return sendHealth(response, health().serving);
    if (path === '/metrics') {
      return void metrics().then(
        ({ contentType, body }) => sendText(response, contentType, body),
        (error: unknown) => fail(response, error),
      );
    }
    if (path === '/openapi.json' && document) return sendDocument(request, response, document);
    if (path === '/docs') return void response.writeHead(302, { location: '/docs/' }).end();
    if (path.startsWith('/docs/')) return servePage(request, response, path.slice('/docs'.length), notFound);
    return notFound();
  }

  function fail(response: ServerResponse, error: unknown): void {
    logger.error({ err: error }, 'http request failed');
    if (response.headersSent) response.destroy();
    else sendError(response, 500, 13, 'Internal error.');
  }

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    try {
      answer(request, response);
    } catch (error) {
      fail(response, error);
    }
  });

  return {
    async start() {
      document = await readDocument(openApiPath);
      server.listen({ host, port });
      await once(server, 'listening');
      server.on('error', (error) => logger.error({ err: error }, 'http listener failed'));
      const address = server.address() as AddressInfo;
      logger.info({ host, port: address.port }, 'http listener is up');
      return { port: address.port };
    },
    async stop() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      const timer = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
      await closed;
      clearTimeout(timer);
    },
  };
}

async function readDocument(path: string): Promise<Document> {
  const body = await readFile(path);
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
}

function sendHealth(response: ServerResponse, isServing: boolean): void {
  sendJson(response, isServing ? 200 : 503, { status: isServing ? 'SERVING' : 'NOT_SERVING' });
}

function sendText(response: ServerResponse, contentType: string, body: string): void {
  const length = Buffer.byteLength(body);
  response.writeHead(200, { 'content-type': contentType, 'content-length': length, 'cache-control': 'no-store' });
  response.end(body);
}

function sendDocument(request: IncomingMessage, response: ServerResponse, document: Document): void {
  response.setHeader('etag', document.etag);
  response.setHeader('cache-control', 'no-cache');
  if (request.headers['if-none-match'] === document.etag) return void response.writeHead(304).end();
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': document.body.length });
  response.end(document.body);
}
