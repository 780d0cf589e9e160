import { getBackend, stopBackend } from './backend.ts';

/** Starts the stores before the first test, so that no test's own time limit has to pay for it. */
export async function mochaGlobalSetup(): Promise<void> {
  const { kind } = await getBackend();
  console.log(`  stores: ${kind}`);
}

/** Stops the stores after the last test. */
export async function mochaGlobalTeardown(): Promise<void> {
  await stopBackend();
}
