import { rmSync, truncateSync } from 'node:fs';
import { expect } from 'chai';
import { ensureBinaries } from '../../../scripts/setup.ts';
import { startRedis, type Redis as RedisServer } from '../../../scripts/stack/redis.ts';
import { makeTempDir } from '../../../scripts/stack/temp-dir.ts';
import { PaymentRepository } from '../../../src/payment/index.ts';
import { hallOf } from '../../../src/reservation/hall.ts';
import { SeatMapRebuildStore } from '../../../src/reservation/index.ts';
import { performanceKeyList, rebuildClaimKey } from '../../../src/reservation/reservation.keys.ts';
import { newId } from '../../../src/shared/ids.ts';
import { appendOnlyFile } from '../../support/append-only-file.ts';
import { TestDomain } from '../../support/domain.ts';
import { takenSeats } from '../../support/seats.ts';

describe('a map that is being rebuilt when Redis restarts', function () {
  this.timeout(60_000);
  let server: RedisServer;
  let dataDir: string;
  let domain: TestDomain;

  before(async () => {
    await ensureBinaries({ redis: true });
    dataDir = makeTempDir('rebuild-restart');
    server = await startRedis({ dataDir, appendOnly: true, settings: { appendfsync: 'always' } });
    domain = await TestDomain.open({ redisUrl: server.url });
  });
  after(async () => {
    await domain.close();
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('is begun anew: what was sold meanwhile, and lost with the last second, is sold', async () => {
    const onSale = await domain.concert();
    const { concertId, performanceId } = onSale;
    const buyer = await domain.buyer(onSale, [1]);
    const { redis, orm, catalog, relay, liveSeats } = domain.main;
    const store = new SeatMapRebuildStore(redis);
    const hall = hallOf(await catalog.findPerformance(performanceId));
    const rebuilding = { concertId, performanceId, rebuilder: newId() };

    await redis.del(...performanceKeyList(concertId, performanceId));
    expect(await store.begin(rebuilding, hall, false)).to.equal('begun');
    const soldBefore = await new PaymentRepository(orm.em).soldSeats(performanceId);
    const { path, bytes } = appendOnlyFile(dataDir);
    await buyer.pay();
    await relay.runOnce();
    await server.kill('SIGKILL');
    truncateSync(path, bytes);
    await server.restart();
    await domain.reconnected();

    expect(await store.rebuild(rebuilding, hall, soldBefore, []), 'goes on in another run').to.equal(false);
    expect(await store.finish(rebuilding, false)).to.equal(false);
    expect(await store.begin(rebuilding, hall, false), 'its own claim lets it begin anew').to.equal('begun');
    await redis.del(rebuildClaimKey(concertId, performanceId));
    expect(takenSeats(await liveSeats.seatMap(concertId, performanceId)).sold).to.deep.equal([1]);
  });
});
