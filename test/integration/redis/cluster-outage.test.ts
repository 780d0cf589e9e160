import { expect } from 'chai';
import { pino } from 'pino';
import { ensureBinaries } from '../../../scripts/setup.ts';
import { connectRedis, createRedis } from '../../../src/infrastructure/redis/client.ts';
import { translateRedisError } from '../../../src/infrastructure/redis/errors.ts';
import { RedisProbe } from '../../../src/infrastructure/redis/redis-probe.ts';
import { Ticker } from '../../../src/shared/ticker.ts';
import { lineOn, startJoining, tryToJoin } from '../../support/cluster-lines.ts';
import { TestLines } from '../../support/line.ts';
import { startRedisCluster, type RedisCluster } from '../../support/redis-cluster.ts';
import { waitUntil } from '../../support/wait-until.ts';

const STALL_MS = 400;
const COMMAND_TIMEOUT_MS = 5_000;
/** Long before a command would be given up by its own time. */
const FAST_MS = 1_500;

describe('a cluster of which a node is gone', function () {
  this.timeout(60_000);
  let cluster: RedisCluster;
  let lines: TestLines;
  let probe: RedisProbe;
  let watch: Ticker;
  let probeErrors: unknown[];

  before(async () => {
    await ensureBinaries({ redis: true });
    cluster = await startRedisCluster();
    const logger = pino({ level: 'silent' });
    const redis = createRedis({ url: cluster.url, commandTimeoutMs: COMMAND_TIMEOUT_MS, logger, name: 'outage' });
    await connectRedis(redis);
    lines = new TestLines(redis);
    probeErrors = [];
    probe = new RedisProbe({ redis, stallMs: STALL_MS, logger });
    watch = new Ticker(
      () => probe.check(),
      50,
      (error) => void probeErrors.push(error),
    );
    watch.start();
  });
  after(async () => {
    await watch.stop();
    lines.close();
    await cluster.stop();
  });

  it('fails what was in flight where only the connection broke, never sends it again, and connects anew', async () => {
    const { redis } = lines;
    const key = 'test:in-flight';
    const node = await cluster.nodeOf(key);
    const waiting = redis.blpop(key, 0).catch((reason: unknown) => reason);
    const idOf = async () =>
      / id=(\d+) [^\n]*cmd=blpop/.exec(` ${String(await cluster.ask(node, 'CLIENT', 'LIST'))}`)?.[1];
    await waitUntil(async () => (await idOf()) !== undefined, { what: 'the command is in flight' });
    await cluster.ask(node, 'CLIENT', 'KILL', 'ID', (await idOf()) ?? '');
    expect(translateRedisError(await waiting)?.reason).to.equal('STORE_UNAVAILABLE');
    const isThere = async () => (await redis.exists(key).catch(() => undefined)) === 0;
    await waitUntil(isThere, { what: 'it is connected again', timeoutMs: 2_000 });
    await redis.rpush(key, 'value');
    // A command that was sent again would have taken it.
    expect(await redis.lrange(key, 0, -1)).to.deep.equal(['value']);
  });

  it('cuts it off where it is silent, refuses the calls of its concerts, and heals by itself', async () => {
    const gone = cluster.nodes[2]!;
    const goneLine = await lineOn(lines, cluster, gone);
    const otherLine = await lineOn(lines, cluster, cluster.nodes[0]!);
    expect((await tryToJoin(lines, goneLine)).number).to.equal(1);
    process.kill(gone.pid, 'SIGSTOP');
    const [onGone, onOther] = [startJoining(lines, goneLine), startJoining(lines, otherLine)];
    await waitUntil(() => onGone.outcomes.length > 100, { what: 'calls end' });
    process.kill(gone.pid, 'SIGCONT');
    await Promise.all([onGone.stop(), onOther.stop()]);
    const { number: last } = await untilJoined(lines, goneLine);
    expect(Math.max(...onGone.outcomes.map(({ tookMs }) => tookMs))).to.be.lessThan(FAST_MS);
    expect(onOther.outcomes.filter(({ reason }) => reason !== undefined)).to.deep.equal([]);
    expect(probeErrors).to.deep.equal([]);
    // What was sent to it before it was cut off may have run when it woke up, each at most once.
    expect(last).to.be.at.most(2 + onGone.outcomes.length);
  });

  it('goes on at the replica that takes over, without a number that is given twice', async () => {
    const gone = cluster.nodes[1]!;
    const goneLine = await lineOn(lines, cluster, gone);
    const replica = await cluster.replicaOf(gone);
    const joining = startJoining(lines, goneLine);
    await waitUntil(() => joining.joined() > 50, { what: 'people join' });
    await gone.kill('SIGKILL');
    await cluster.ask(replica, 'CLUSTER', 'FAILOVER', 'TAKEOVER');
    const before = joining.joined();
    await waitUntil(() => joining.joined() > before + 50, { what: 'people join at the replica', timeoutMs: 20_000 });
    await joining.stop();
    const numbers = joining.outcomes.flatMap(({ number }) => number ?? []);
    expect(new Set(numbers).size).to.equal(numbers.length);
    expect(Math.max(...joining.outcomes.map(({ tookMs }) => tookMs))).to.be.lessThan(FAST_MS);
  });

  it('refuses the calls of its concerts at once where it was killed, and the others go on', async () => {
    const gone = cluster.nodes[2]!;
    const goneLine = await lineOn(lines, cluster, gone);
    const otherLine = await lineOn(lines, cluster, cluster.nodes[0]!);
    const [onGone, onOther] = [startJoining(lines, goneLine), startJoining(lines, otherLine)];
    await waitUntil(() => onGone.joined() > 20 && onOther.joined() > 20, { what: 'people join' });
    await gone.kill('SIGKILL');
    const before = [onGone.outcomes.length, onOther.outcomes.length] as const;
    const enough = () => onGone.outcomes.length > before[0] + 100 && onOther.outcomes.length > before[1] + 100;
    await waitUntil(enough, { what: 'calls end on both' });
    await Promise.all([onGone.stop(), onOther.stop()]);
    const late = onGone.outcomes.slice(before[0] + 4);
    expect(new Set(late.map(({ reason }) => reason))).to.deep.equal(new Set(['STORE_UNAVAILABLE']));
    expect(Math.max(...onGone.outcomes.map(({ tookMs }) => tookMs))).to.be.lessThan(FAST_MS);
    expect(onOther.outcomes.filter(({ reason }) => reason !== undefined)).to.deep.equal([]);
    expect(probeErrors).to.deep.equal([]);
    await gone.restart();
    const answers = async () => (await lines.store.count(goneLine).catch(() => null)) === undefined;
    await waitUntil(answers, { what: 'the node answers, and has lost the line', timeoutMs: 20_000 });
  });
});

async function untilJoined(lines: TestLines, concertId: string): Promise<{ number: number }> {
  let number: number | undefined;
  const isIn = async () => (number = (await tryToJoin(lines, concertId)).number) !== undefined;
  await waitUntil(isIn, { what: 'somebody joins', timeoutMs: 20_000 });
  return { number: number ?? 0 };
}
