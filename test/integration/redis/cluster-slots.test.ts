import { expect } from 'chai';
import { ensureBinaries } from '../../../scripts/setup.ts';
import { lineKeys } from '../../../src/queue/index.ts';
import { lineOn, startJoining } from '../../support/cluster-lines.ts';
import { TestLines } from '../../support/line.ts';
import { connectRedis } from '../../support/redis.ts';
import { startRedisCluster, type RedisCluster } from '../../support/redis-cluster.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** How far a line's counter moves on when it wakes up in another server. */
const RUN_GAP = 100_000;
const SLOW_MIGRATION_MS = 300;

describe('a slot that moves to another node while people join', function () {
  this.timeout(60_000);
  let cluster: RedisCluster;
  let lines: TestLines;

  before(async () => {
    await ensureBinaries({ redis: true });
    cluster = await startRedisCluster();
    lines = new TestLines(await connectRedis('slots', cluster.url));
  });
  after(async () => {
    lines.close();
    await cluster.stop();
  });

  const migrations = {
    'key by key': (slot: number) => moveByKeys(cluster, slot, 0),
    'key by key, and slowly': (slot: number) => moveByKeys(cluster, slot, SLOW_MIGRATION_MS),
    'in one step': (slot: number) => moveInOneStep(cluster, slot),
  };
  for (const [how, move] of Object.entries(migrations)) {
    it(`${how}, has run no join twice, and the line goes on there`, async function () {
      const concertId = await lineOn(lines, cluster, cluster.nodes[0]!);
      const joining = startJoining(lines, concertId);
      await waitUntil(() => joining.joined() > 50, { what: 'people join' });
      if (!(await move(await cluster.slotOf(concertId)))) {
        await joining.stop();
        // Valkey can since version 9.
        return this.skip();
      }
      const before = joining.joined();
      await waitUntil(() => joining.joined() > before + 50, { what: 'people join at the other node' });
      await joining.stop();

      const failures = joining.outcomes.flatMap(({ reason }) => reason ?? []);
      expect(failures.filter((reason) => reason !== 'STORE_UNAVAILABLE')).to.deep.equal([]);
      const numbers = joining.outcomes.flatMap(({ number }) => number ?? []).toSorted((a, b) => a - b);
      const stayed = numbers.filter((number) => number < RUN_GAP).length;
      expect(numbers).to.deep.equal(numbers.map((_, index) => index + 1 + (index < stayed ? 0 : RUN_GAP)));
      const { line, places } = lineKeys(concertId);
      expect(Number(await lines.redis.hget(line, 'number'))).to.equal(numbers.length + RUN_GAP);
      expect(await lines.redis.hlen(places)).to.equal(numbers.length);
    });
  }
});

/** Moves a slot from the first node to the second as every version can. */
async function moveByKeys({ nodes, ask }: RedisCluster, slot: number, pauseMs: number): Promise<boolean> {
  const [source, target] = nodes;
  if (!source || !target) throw new Error('there are three');
  const [sourceId, targetId] = [
    String(await ask(source, 'CLUSTER', 'MYID')),
    String(await ask(target, 'CLUSTER', 'MYID')),
  ];
  await ask(target, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', sourceId);
  await ask(source, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', targetId);
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const keys = (await ask(source, 'CLUSTER', 'GETKEYSINSLOT', slot, 2)) as string[];
    if (keys.length === 0) break;
    await ask(source, 'MIGRATE', '127.0.0.1', target.port, '', 0, 5_000, 'KEYS', ...keys);
  }
  for (const node of [target, source]) await ask(node, 'CLUSTER', 'SETSLOT', slot, 'NODE', targetId);
  return true;
}

/** Moves a slot from the first node to the second as a whole; false where the server cannot. */
async function moveInOneStep({ nodes, ask }: RedisCluster, slot: number): Promise<boolean> {
  const [source, target] = nodes;
  if (!source || !target) throw new Error('there are three');
  const targetId = String(await ask(target, 'CLUSTER', 'MYID'));
  try {
    await ask(source, 'CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', slot, slot, 'NODE', targetId);
  } catch (error) {
    if (/unknown subcommand/i.test(String(error))) return false;
    throw error;
  }
  const isThere = async () =>
    Number(await ask(target, 'CLUSTER', 'COUNTKEYSINSLOT', slot)) > 0 &&
    Number(await ask(source, 'CLUSTER', 'COUNTKEYSINSLOT', slot)) === 0;
  await waitUntil(isThere, { what: 'the slot has moved', timeoutMs: 20_000 });
  return true;
}
