import { connect, type Socket } from 'node:net';
import { serveProgram } from './watch-program.ts';

/** What became of those who stayed. */
export interface Stayed {
  /** Streams that ended. */
  readonly broken: number;
  /** Streams that were told something since the others left. */
  readonly told: number;
}

/** What this program does. */
export type SseCalls = {
  /** Opens an event stream for each token; resolves when each has had its first event. */
  open(request: { port: number; tokens: readonly string[] }): Promise<void>;
  /** Lets all go at once but each so-manieth; resolves with how many went. */
  leave(request: { keepEvery: number }): number;
  stayed(request: null): Stayed;
};

/** Streams that were asked for and have had no event yet. */
const MAX_OPENING = 200;
const STATUS_OK = 'HTTP/1.1 200';

const sockets: Socket[] = [];
const told = new Set<Socket>();
let left = false;
let broken = 0;

function watch(port: number, token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    sockets.push(socket);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      if (left && chunk.includes('data:')) told.add(socket);
      if (left) return;
      text = (text + chunk.toString('latin1')).slice(0, 1_024);
      if (text.includes('data:')) resolve();
      else if (text.length >= STATUS_OK.length && !text.startsWith(STATUS_OK)) reject(new Error(text));
    });
    socket.on('error', reject);
    socket.on('close', () => {
      broken += 1;
      reject(new Error(`an event stream closed: ${text}`));
    });
    socket.write(`GET /v1/queue/position:watch HTTP/1.1\r\nhost: bench\r\nqueue-token: ${token}\r\n\r\n`);
  });
}

const calls: SseCalls = {
  async open({ port, tokens }) {
    let next = 0;
    const openOneByOne = async (): Promise<void> => {
      for (let token = tokens[next++]; token !== undefined; token = tokens[next++]) await watch(port, token);
    };
    await Promise.all(Array.from({ length: MAX_OPENING }, openOneByOne));
  },
  leave({ keepEvery }) {
    const going = sockets.filter((_socket, index) => index % keepEvery !== keepEvery - 1);
    for (const socket of going) socket.removeAllListeners('close');
    left = true;
    for (const socket of going) socket.destroy();
    return going.length;
  },
  stayed: () => ({ broken, told: told.size }),
};
serveProgram(calls);
