import { createServer } from 'node:net';

/**
 * Asks the operating system for a TCP port on the loopback address that nobody uses.
 *
 * @param preferred tried first; 0 takes any. Another port comes back if it is taken.
 * @param host the address to look at
 */
export async function freePort(preferred = 0, host = '127.0.0.1'): Promise<number> {
  return (await tryPort(preferred, host)) ?? (await tryPort(0, host)) ?? Promise.reject(new Error('no free TCP port'));
}

function tryPort(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}
