// A server as src/main.ts starts it, which meets the faults that a test arms: see fault.ts.
import { createApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { createLogger } from '../../src/infrastructure/telemetry/logger.ts';
import { FAULT_FILE_VARIABLE, faultSeam } from './fault.ts';

const config = loadConfig(process.env);
const app = createApp(
  config,
  createLogger({ level: config.logLevel }),
  faultSeam(process.env[FAULT_FILE_VARIABLE] ?? ''),
);
process.on('SIGTERM', () => {
  app.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
await app.start();
