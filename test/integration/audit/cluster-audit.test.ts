import { expect } from 'chai';
import { audit, AUDIT_TIMES, type CheckReport } from '../../../src/audit/index.ts';
import { performanceKeys } from '../../../src/reservation/reservation.keys.ts';
import { TestDomain } from '../../support/domain.ts';
import { startRedisCluster, type RedisCluster } from '../../support/redis-cluster.ts';
import { twoPurchases } from './purchases.ts';

describe('the audit of seats on a cluster', function () {
  this.timeout(40_000);
  let cluster: RedisCluster;
  let domain: TestDomain;

  before(async () => {
    cluster = await startRedisCluster();
    domain = await TestDomain.open({ redisUrl: cluster.url });
  });
  after(async () => {
    await domain.close();
    await cluster.stop();
  });

  it('sees the concerts of all nodes', async () => {
    const sales = [];
    const nodes = new Set();
    while (nodes.size < cluster.nodes.length) {
      const { onSale } = await twoPurchases(domain);
      nodes.add(await cluster.nodeOf(onSale.concertId));
      sales.push(onSale);
    }
    const { redis, orm } = domain.main;
    const reports = async () => {
      const all: CheckReport[] = [];
      for await (const report of audit({ em: orm.em, redis }, ['seats'], { ...AUDIT_TIMES, settleMs: 5 }))
        all.push(report);
      return Object.fromEntries(all.map(({ check, examined, faultCount }) => [check, [examined, faultCount]]));
    };
    const found = await reports();
    expect(found['sold-seats']).to.deep.equal([sales.length, 0]);
    expect(found['paid-reservations']).to.deep.equal([2 * sales.length, 0]);
    for (const { concertId, performanceId } of sales)
      await redis.setbit(performanceKeys(concertId, performanceId).sold, 1, 0);
    expect((await reports())['sold-seats']).to.deep.equal([sales.length, sales.length]);
  });
});
