import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../stack/server.ts';
import type { Server, ServerOptions } from '../stack/server.ts';

/** A server process that is started again when it dies. */
export interface Instance {
  readonly grpcPort: number;
  readonly httpPort: number;
  stop(): Promise<void>;
}

const restartPauseMs = 1_000;

/**
 * Starts a server and looks after it: it comes back on the same ports, as it would under any process manager, so that
 * killing one to see what happens is safe.
 *
 * @param report told in words when the process ended and when it is back
 */
export async function startInstance(options: ServerOptions, report: (line: string) => void): Promise<Instance> {
  let server: Server = await startServer(options);
  const { grpcPort, httpPort } = server;
  let isStopping = false;
  const lookAfter = async (): Promise<void> => {
    for (;;) {
      const { code, signal } = await server.exited;
      if (isStopping) return;
      report(`${options.name} ended with ${signal ?? `code ${code}`}; starting it again`);
      await sleep(restartPauseMs);
      if (isStopping) return;
      try {
        server = await startServer({ ...options, grpcPort, httpPort });
        report(`${options.name} is back`);
      } catch (error) {
        report(error instanceof Error ? error.message : String(error));
      }
    }
  };
  void lookAfter();
  return {
    grpcPort,
    httpPort,
    async stop() {
      isStopping = true;
      await server.stop();
    },
  };
}
