import { Cluster, type Redis } from 'ioredis';
import type { Logger } from 'pino';
import { within } from '../../shared/within.ts';
import type { RedisClient } from './client.ts';

/** What asking Redis for signs of life needs. */
export interface RedisProbeOptions {
  readonly redis: RedisClient;
  /** After how long without an answer a node of a cluster is cut off, milliseconds. */
  readonly stallMs: number;
  readonly logger: Logger;
}

/**
 * Asks Redis for a sign of life. A cluster is there as long as one of its primaries answers: each is asked, and one that
 * is silent is cut off, so that the calls of its concerts fail at once and the others go on.
 */
export class RedisProbe {
  readonly #options: RedisProbeOptions;
  readonly #asked = new Map<Redis, Promise<void>>();
  readonly #gone = new Set<string>();

  constructor(options: RedisProbeOptions) {
    this.#options = options;
  }

  /** Resolves with the first answer; rejects, or never comes to an end, where nobody answers. */
  async check(): Promise<void> {
    const { redis } = this.#options;
    if (!(redis instanceof Cluster)) return void (await redis.ping());
    const nodes = redis.nodes('master').filter(({ status }) => status === 'ready');
    this.#tellWhoIsGone(redis, new Set(nodes.map(nameOf)));
    if (nodes.length === 0) throw new Error('no node of the cluster is connected');
    await Promise.any(nodes.map((node) => this.#ask(node)));
  }

  #ask(node: Redis): Promise<void> {
    const known = this.#asked.get(node);
    if (known) return known;
    const asking = this.#pingOrCut(node).finally(() => this.#asked.delete(node));
    this.#asked.set(node, asking);
    return asking;
  }

  async #pingOrCut(node: Redis): Promise<void> {
    let isSilent = true;
    const answer = node.ping().then(
      () => void (isSilent = false),
      (error: unknown) => {
        isSilent = false;
        throw error;
      },
    );
    try {
      await within(answer, this.#options.stallMs, nameOf(node));
    } catch (error) {
      // Not by an orderly end, which would wait for the node.
      if (isSilent) node.stream.destroy();
      throw error;
    }
  }

  #tellWhoIsGone(cluster: Cluster, ready: ReadonlySet<string>): void {
    const serving = new Set(cluster.slots.flatMap(([primary]) => primary ?? []));
    const { logger } = this.#options;
    for (const node of serving) {
      if (ready.has(node) || this.#gone.has(node)) continue;
      this.#gone.add(node);
      logger.warn({ node }, 'node of the cluster does not answer');
    }
    for (const node of this.#gone) {
      if (serving.has(node) && !ready.has(node)) continue;
      this.#gone.delete(node);
      logger.info({ node }, serving.has(node) ? 'node of the cluster answers again' : 'node has left the cluster');
    }
  }
}

function nameOf({ options: { host, port } }: Redis): string {
  return `${host}:${port}`;
}
