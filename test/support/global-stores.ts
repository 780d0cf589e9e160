import { getBackend, stopBackend } from './backend.ts';
import { redisTopology } from './stores.ts';

/** Starts the stores before the first test, so that no test's own time limit has to pay for it. */
export async function mochaGlobalSetup(): Promise<void> {
  const { kind } = await getBackend();
  console.log(`  stores: ${kind}${redisTopology() === 'cluster' ? ', a cluster of local Redis servers' : ''}`);
}

/** Stops the stores after the last test. */
export async function mochaGlobalTeardown(): Promise<void> {
  await stopBackend();
}
