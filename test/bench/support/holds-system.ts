import { execFileSync } from 'node:child_process';
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
    // While a forked child writes the file anew, every page that a script is the first to change is copied, for some ten
    // microseconds each on a virtual machine: that is what the file costs, not the script.
    await redis.config('SET', 'auto-aof-rewrite-percentage', '0');
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

/**
 * By a real-time class: by any other the scheduler lets Redis wait for a whole tick of four milliseconds again and again where
 * there are two cores and four busy processes. What Redis forks to rewrite its file does not inherit it. Not everybody may do so.
 */
function runFirst(pid: number): boolean {
  try {
    execFileSync('chrt', ['--fifo', '--reset-on-fork', '--all-tasks', '--pid', '1', `${pid}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
