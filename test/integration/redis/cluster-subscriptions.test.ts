import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { ensureBinaries } from '../../../scripts/setup.ts';
import { createSubscriber, type RedisClient } from '../../../src/infrastructure/redis/client.ts';
import { RedisProbe } from '../../../src/infrastructure/redis/redis-probe.ts';
import { Subscriptions } from '../../../src/infrastructure/redis/subscriptions.ts';
import { Ticker } from '../../../src/shared/ticker.ts';
import { connectRedis } from '../../support/redis.ts';
import { startRedisCluster, type RedisCluster } from '../../support/redis-cluster.ts';
import { waitUntil } from '../../support/wait-until.ts';

const logger = pino({ level: 'silent' });

describe('subscriptions in a cluster', function () {
  this.timeout(60_000);
  let cluster: RedisCluster;
  let redis: RedisClient;
  let watch: Ticker;
  let subscriber: Redis;
  let heard: string[];
  const channel = `test:${randomUUID()}`;

  before(async () => {
    await ensureBinaries({ redis: true });
    cluster = await startRedisCluster();
    redis = await connectRedis('publisher', cluster.url);
    const probe = new RedisProbe({ redis, stallMs: 400, logger });
    watch = new Ticker(
      () => probe.check(),
      50,
      () => undefined,
    );
    watch.start();
    subscriber = createSubscriber({ url: cluster.url, commandTimeoutMs: 2_000, logger, name: 'subscriber' }, redis);
    await subscriber.connect();
    heard = [];
    new Subscriptions(subscriber, () => undefined).listen(channel, (message) => void heard.push(message));
  });
  after(async () => {
    await watch.stop();
    subscriber.disconnect();
    redis.disconnect();
    await cluster.stop();
  });

  const nodeHeard = () => {
    const node = cluster.nodes.find(({ port }) => port === subscriber.options.port);
    if (!node) throw new Error('the subscriber is at no node of the cluster');
    return node;
  };
  /** Says something at each of the nodes until all of it is heard. */
  const untilHeard = async (nodes: RedisCluster['nodes']) => {
    const isHeard = async () => {
      heard.length = 0;
      await Promise.all(nodes.map((node) => cluster.ask(node, 'PUBLISH', channel, String(node.port))));
      await new Promise((resolve) => setTimeout(resolve, 20));
      return nodes.every(({ port }) => heard.includes(String(port)));
    };
    await waitUntil(isHeard, { what: 'what is said at each node is heard', timeoutMs: 5_000 });
  };

  it('hear what is said at any node', async () => {
    await untilHeard(cluster.nodes);
  });

  it('go on at another node where theirs falls silent', async () => {
    const silent = nodeHeard();
    process.kill(silent.pid, 'SIGSTOP');
    try {
      await waitUntil(() => nodeHeard() !== silent && subscriber.status === 'ready', { what: 'it moves on' });
      await untilHeard(cluster.nodes.filter((node) => node !== silent));
    } finally {
      process.kill(silent.pid, 'SIGCONT');
    }
    await untilHeard(cluster.nodes);
  });

  it('go on at another node where theirs is killed', async () => {
    const killed = nodeHeard();
    await killed.kill('SIGKILL');
    await untilHeard(cluster.nodes.filter((node) => node !== killed));
    expect(nodeHeard()).to.not.equal(killed);
  });
});
