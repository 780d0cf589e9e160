import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import sirv from 'sirv';

/** A web site of an origin of its own. */
export interface Site extends AsyncDisposable {
  readonly origin: string;
}

const emptyPage: RequestListener = (_request, response) => {
  response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Another origin</title>');
};

/**
 * Starts a site.
 *
 * @param dir the folder it serves; one empty page by default
 */
export async function startSite(dir?: string): Promise<Site> {
  const server = createServer(dir === undefined ? emptyPage : sirv(dir, { dev: true }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
