import { existsSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { startServer, type Server } from '../../../scripts/stack/server.ts';
import { serverAt } from '../../e2e/support/system.ts';
import { connectServer } from '../../support/redis.ts';
import { LoadClient } from './load-client.ts';
import { startWatchSystem, type WatchSystem } from './watch-sale.ts';

/** One server process behind Envoy with stores of its own, and the ways to ask and measure it. */
export interface HoldsSystem extends WatchSystem {
  readonly server: Server;
  /** A server that does as little as can be for the same calls. */
  readonly baseline: Server;
  /** Makes many calls. */
  readonly client: LoadClient;
  /** A connection of the benchmark's own, to prepare halls and to ask Redis about itself. */
  readonly redis: Redis;
  /**
   * Whether Redis gets a core before everybody else who wants one: the runs of scripts are timed by the clock, and what they
   * wait for a core says nothing of them.
   */
  readonly redisRunsFirst: boolean;
}

/** Starts everything, and stops what was started where something fails. */
export async function startHoldsSystem(): Promise<HoldsSystem> {
  const system = await startWatchSystem();
  const started: (() => Promise<unknown> | void)[] = [() => system.stop()];
  const stop = async (): Promise<void> => {
    for (const end of started.splice(0).toReversed()) await end();
  };
  try {
    const baseline = await startServer({
      name: 'baseline',
      script: join(import.meta.dirname, 'holds-baseline-process.ts'),
      env: { BASELINE_REDIS_URL: system.redisUrl },
    });
    started.push(() => baseline.stop());
    const client = new LoadClient();
    started.push(() => client.stop());
    const redis = await connectServer('bench', system.redisUrl);
    started.push(() => redis.disconnect());
    return {
      ...system,
      server: serverAt(system.servers, 0),
      baseline,
      client,
      redis,
      redisRunsFirst: runFirst(system.redisPid),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Not everybody may do so. Where Linux shares cores among sessions first, the session has to come first too. */
function runFirst(pid: number): boolean {
  const session = `/proc/${pid}/autogroup`;
  try {
    setPriority(pid, constants.priority.PRIORITY_HIGHEST);
    if (existsSync(session)) writeFileSync(session, `${constants.priority.PRIORITY_HIGHEST}`);
    return true;
  } catch {
    return false;
  }
}
