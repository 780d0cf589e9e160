import { createApp } from './app.ts';
import { ConfigError, loadConfig } from './config.ts';
import { limitHeapGrowth } from './infrastructure/process/heap-growth.ts';
import { createLogger } from './infrastructure/telemetry/logger.ts';

const LAST_LINES_MS = 50;

/** Starts a server from the environment and stops it on SIGTERM or SIGINT. The only reader of process.env. */
async function main(): Promise<void> {
  limitHeapGrowth();
  const config = loadConfig(process.env);
  const logger = createLogger({ level: config.logLevel });
  process.on('unhandledRejection', (error) => {
    logger.fatal({ err: error }, 'unhandled rejection');
    process.exit(1);
  });
  const app = createApp(config, logger);
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    // A second signal means now.
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ signal }, 'stopping');
    app.stop().then(
      // Lines still on their way are written when the process ends, in a loop that a reader who is gone would never let end:
      // in a moment that is known, and nothing is written any more.
      () => setTimeout(() => process.exit(0), LAST_LINES_MS),
      (error: unknown) => {
        logger.fatal({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await app.start();
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : String((error as Error).stack)}\n`);
  process.exit(1);
}
