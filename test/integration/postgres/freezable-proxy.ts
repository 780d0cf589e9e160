import { createServer, connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A way to a server that can be made to swallow everything, as a network does that has failed without a word. */
export interface FreezableProxy {
  /** The connection string that goes through the proxy. */
  readonly url: string;
  /** From now on nothing passes, in either direction, and nobody is told; on present connections only, or on all. */
  freeze(which: 'present' | 'all'): void;
  /** What was held back passes, and everything after it. */
  thaw(): void;
  /** Closes it and every connection. */
  close(): Promise<void>;
}

/** Opens a proxy to the server of a connection string. */
export async function openFreezableProxy(targetUrl: string): Promise<FreezableProxy> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let frozen = false;
  const join = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('data', (chunk) => to.write(chunk));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    if (frozen) from.pause();
  };
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    join(near, far);
    join(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(targetUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    freeze(which) {
      frozen = which === 'all';
      for (const socket of sockets) socket.pause();
    },
    thaw() {
      frozen = false;
      for (const socket of sockets) socket.resume();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
