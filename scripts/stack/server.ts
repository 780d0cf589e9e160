import { join } from 'node:path';
import { startChild } from './child.ts';
import type { Exit } from './child.ts';
import { rootDir } from './paths.ts';

/** How to run one server process. */
export interface ServerOptions {
  /** Settings on top of this process's environment; REDIS_URL, DATABASE_URL and the keys are needed. */
  env: Readonly<Record<string, string>>;
  /** Any free port by default. */
  grpcPort?: number;
  /** Any free port by default. */
  httpPort?: number;
  /** For messages, such as `server-1`. */
  name: string;
  /** Its log is appended to this file. */
  logFile?: string;
  /** The program; the project's own server by default. */
  script?: string;
}

/** A server in a process of its own. */
export interface Server {
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly pid: number;
  /** Resolves with how the process ended. */
  readonly exited: Promise<Exit>;
  /** The last part of its log. */
  output(): string;
  /** Sends a signal at once; wait on `exited` if it is meant to end the process. */
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, and SIGKILL if that does not help in time. */
  stop(): Promise<Exit>;
}

/**
 * How Node runs the server, here and in the Dockerfile.
 *
 * V8's young generation would grow to 128 MB on a large machine: that memory saves one or two hundredths of a core while
 * tens of thousands of streams are written to, and nothing else.
 *
 * V8 also makes objects old from the start where most of those of one line of code lived long. While streams open that is so
 * for the parts of a message, and afterwards each message would leave its parts, a kilobyte, to the rare collection of what
 * is old: 11 MB a second with 50,000 streams.
 */
export const NODE_FLAGS: readonly string[] = ['--max-semi-space-size=16', '--no-allocation-site-pretenuring'];

const startTimeoutMs = 30_000;
const stopTimeoutMs = 20_000;

/** Starts `src/main.ts` in a process of its own; resolves when it listens, rejects with its output if it does not. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const child = startChild({
    name: options.name,
    command: process.execPath,
    args: [...NODE_FLAGS, options.script ?? join(rootDir, 'src/main.ts')],
    cwd: rootDir,
    env: {
      ...process.env,
      ...options.env,
      GRPC_PORT: String(options.grpcPort ?? 0),
      HTTP_PORT: String(options.httpPort ?? 0),
    },
    stopSignal: 'SIGTERM',
    logFile: options.logFile,
  });
  try {
    const ports = await child.waitForLine(readListening, startTimeoutMs);
    return {
      ...ports,
      pid: child.pid,
      exited: child.exited,
      output: () => child.output(),
      kill: (signal) => child.kill(signal),
      stop: () => child.stop(stopTimeoutMs),
    };
  } catch (error) {
    await child.stop(0);
    throw error;
  }
}

/** The ports in the log line that says the server is ready, undefined for any other line. */
function readListening(line: string): { grpcPort: number; httpPort: number } | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { msg, grpcPort, httpPort } = JSON.parse(line) as Record<string, unknown>;
    if (msg !== 'listening' || typeof grpcPort !== 'number' || typeof httpPort !== 'number') return undefined;
    return { grpcPort, httpPort };
  } catch {
    return undefined;
  }
}
