import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectRedis } from '../test/support/redis.ts';
import { drawChart } from './estimate/chart.ts';
import { errorTable } from './estimate/errors.ts';
import type { SaleOutcome } from './estimate/outcome.ts';
import { simulateSale } from './estimate/simulate.ts';
import { ensureBinaries } from './setup.ts';
import { rootDir } from './stack/paths.ts';
import { startRedis } from './stack/redis.ts';

const picturePath = join(rootDir, 'docs/pictures/estimated-wait.svg');

async function simulateOnOwnRedis(): Promise<SaleOutcome> {
  await ensureBinaries({ redis: true });
  const server = await startRedis({ appendOnly: false });
  try {
    const redis = await connectRedis('estimate', server.url);
    try {
      return await simulateSale(redis);
    } finally {
      redis.disconnect();
    }
  } finally {
    await server.stop();
  }
}

/** Plays a whole sale, draws the estimated wait against the true one, and prints how far off it was. */
async function main(): Promise<void> {
  console.error('Playing a sale of more than an hour, which takes about a minute.');
  const outcome = await simulateOnOwnRedis();
  writeFileSync(picturePath, drawChart(outcome));
  const { admitted, setAside, gaveUp, endsAtMs } = outcome;
  console.log(
    `${admitted} admitted, ${setAside} set aside, ${gaveUp} gave up; the last one was admitted ` +
      `${(endsAtMs / 60_000).toFixed(1)} minutes after the doors opened.\n\n${errorTable(outcome.samples)}`,
  );
}

await main();
