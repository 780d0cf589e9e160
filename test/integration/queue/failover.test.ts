import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { ensureBinaries } from '../../../scripts/setup.ts';
import { startRedis, type Redis as RedisServer } from '../../../scripts/stack/redis.ts';
import { auditAdmissions } from '../../../src/queue/admission-audit.ts';
import { lineKeys, userMember } from '../../../src/queue/index.ts';
import { TestDomain } from '../../support/domain.ts';
import { connectRedis } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { openCuttingProxy, type CuttingProxy } from '../redis/cutting-proxy.ts';

describe('a failover to a replica that lags behind', function () {
  this.timeout(60_000);
  let primary: RedisServer;
  let replica: RedisServer;
  let toPrimary: CuttingProxy;
  let replication: CuttingProxy;
  let domain: TestDomain;

  before(async () => {
    await ensureBinaries({ redis: true });
    primary = await startRedis({ appendOnly: false });
    replication = await openCuttingProxy(primary.url, 'nothing');
    const { port } = new URL(replication.url);
    replica = await startRedis({ appendOnly: false, settings: { replicaof: `127.0.0.1 ${port}` } });
    toPrimary = await openCuttingProxy(primary.url, 'nothing');
    domain = await TestDomain.open({ redisUrl: toPrimary.url });
  });
  after(async () => {
    await domain.close();
    await Promise.all([toPrimary.close(), replica.stop(), primary.stop()]);
  });

  const joinMany = async (concertId: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => domain.join(concertId, randomUUID())));

  it('gives no number a second time, and gives back what the replica had not heard of', async () => {
    const { concertId } = await domain.concert();
    const kept = await joinMany(concertId, 10);
    const last = kept.at(-1)!;
    const promoted = await connectRedis('test', replica.url);
    const hasHeard = async () =>
      Number(await promoted.zcard(lineKeys(concertId).waiting)) === kept.length &&
      (await promoted.hexists(lineKeys(concertId).places, userMember(last.userId))) === 1;
    await waitUntil(hasHeard, { what: 'the replica has the first ten' });

    // The replica hears no more; the primary goes on, and falls.
    await replication.close();
    const lost = await joinMany(concertId, 30);
    expect(await promoted.zcard(lineKeys(concertId).waiting), 'the replica lags').to.equal(kept.length);
    await primary.kill('SIGKILL');
    await promoted.replicaof('NO', 'ONE');
    toPrimary.leadTo(replica.url);
    await domain.reconnected();

    const [early, late] = lost;
    expect(await domain.main.queue.position(early!)).to.include({ state: 'WAITING', number: early!.number });
    const newcomers = await joinMany(concertId, 30);
    expect(await domain.main.queue.position(late!)).to.include({ state: 'WAITING', number: late!.number });
    const numbers = [...kept, ...lost, ...newcomers].map(({ number }) => number);
    expect(new Set(numbers).size).to.equal(numbers.length);

    await domain.main.stock.publish(concertId);
    await domain.main.queueStore.advance(concertId);
    await domain.main.log.move(concertId);
    const { items } = await domain.main.queue.admissions(concertId, { pageSize: 100, pageToken: '' });
    expect(auditAdmissions(items)).to.deep.equal([]);
    const admitted = items.flatMap(({ events }) => events).filter(({ kind }) => kind === 'ADMITTED');
    const returned = [early!.number, late!.number].toSorted((a, b) => a - b);
    expect(admitted.slice(0, 12).map(({ number }) => number)).to.deep.equal([
      ...Array.from({ length: 10 }, (_none, index) => index + 1),
      ...returned,
    ]);
    promoted.disconnect();
  });
});
