import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that cuts a connection as soon as a word is sent through it. */
export interface CuttingProxy {
  /** The connection string that goes through the proxy. */
  readonly url: string;
  /** How many connections were cut. */
  readonly cuts: number;
  /** Cuts the next connections on which the word is sent, so many of them. */
  cutNext(count: number): void;
  /** Cuts all present connections. */
  cutAll(): void;
  /** Cuts all present connections; new ones go to another server, as after a failover. */
  leadTo(targetUrl: string): void;
  /** Closes it and every connection. */
  close(): Promise<void>;
}

/** Opens a proxy to the server of a connection string. */
export async function openCuttingProxy(targetUrl: string, word: string): Promise<CuttingProxy> {
  let target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let toCut = 0;
  let cuts = 0;
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
    far.on('data', (chunk) => near.write(chunk));
    near.on('data', (chunk) => {
      if (toCut === 0 || !chunk.toString().includes(word)) return void far.write(chunk);
      toCut -= 1;
      cuts += 1;
      near.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(targetUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    get cuts() {
      return cuts;
    },
    cutNext(count) {
      toCut = count;
    },
    cutAll,
    leadTo(otherUrl) {
      target = new URL(otherUrl);
      cutAll();
    },
    async close() {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
