import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { RedisClient } from '../../src/infrastructure/redis/client.ts';
import { performanceKeyList, performanceKeys } from '../../src/reservation/reservation.keys.ts';
import { makeTempDir } from '../../scripts/stack/temp-dir.ts';
import { REBUILD_FAULT_POINTS, type FaultPoint } from '../support/fault-points.ts';
import type { Fault } from '../support/fault.ts';
import { connectRedis } from '../support/redis.ts';
import { waitUntil } from '../support/wait-until.ts';
import { sampled, SEED } from '../support/long.ts';
import { FaultyServers } from './support/faulty-servers.ts';
import { ModelledSale, shownIn } from './support/modelled-sale.ts';
import type { Fan } from './support/sale.ts';
import { serverAt, startSystem, type System } from './support/system.ts';

/** For how long a claim lives without a step. */
const CLAIM_MS = 3_000;
/** What the machine itself needs beside it, with other tests on it. */
const MACHINE_MS = 4_000;

describe(`a fault in the middle of rebuilding a seat map (TEST_SEED=${SEED})`, function () {
  this.timeout(60_000);
  let system: System;
  let redis: RedisClient;
  let servers: FaultyServers;

  before(async () => {
    system = await startSystem({ instances: 1 });
    redis = await connectRedis('test', system.redisUrl);
    servers = new FaultyServers(system, { startsAhead: false });
  });
  after(async () => {
    redis.disconnect();
    await servers.stop();
    await system.stop();
  });

  /** Loses the map and lets the faulty instance alone rebuild it, until the fault meets it; returns when that was. */
  const meet = async (sale: ModelledSale, fault: Fault): Promise<number> => {
    const faulty = await servers.get();
    const healthy = serverAt(system.servers, 0);
    healthy.kill('SIGSTOP');
    try {
      faulty.arm(fault);
      await redis.del(...performanceKeyList(sale.sale.concertId, sale.sale.performanceId));
      await faulty.untilMet(fault);
      return performance.now();
    } finally {
      healthy.kill('SIGCONT');
    }
  };

  it('the points are those of every call of a store', async () => {
    const sale = await ModelledSale.open(system, redis);
    const dir = makeTempDir('calls');
    const file = join(dir, 'calls');
    const faulty = await servers.get();
    const healthy = serverAt(system.servers, 0);
    healthy.kill('SIGSTOP');
    try {
      faulty.arm({ kind: 'RECORDED', file });
      await redis.del(...performanceKeyList(sale.sale.concertId, sale.sale.performanceId));
      const isWhole = async () => (await performanceIsReady(sale)) === 1;
      await waitUntil(isWhole, { what: 'the map is whole again' });
    } finally {
      healthy.kill('SIGCONT');
      faulty.disarm();
    }
    const called = readFileSync(file, 'utf8').trim().split('\n');
    rmSync(dir, { recursive: true, force: true });
    const points = REBUILD_FAULT_POINTS.filter(({ when }) => when === 'before').map(({ call }) => call);
    expect(called.filter((call) => /^(rebuilds|payments)\./.test(call))).to.deep.equal(points);
  });

  const performanceIsReady = ({ sale: { concertId, performanceId } }: ModelledSale) =>
    redis.hexists(performanceKeys(concertId, performanceId).state, 'ready');

  /** Asks for the map, and for a sold and a held seat, until the map is shown; nothing wrong may be shown or held. */
  const lookUntilShown = async (sale: ModelledSale, fan: Fan, bold: Fan): Promise<void> => {
    const { performanceId } = sale.sale;
    for (;;) {
      const [listed, ...asked] = await Promise.all([
        system.direct(0).call('CatalogService.ListSeats', { performanceId, view: 'STATES' }, fan.headers),
        ...[5, 6].map((seat) =>
          system.direct(0).call('ReservationService.HoldSeats', { performanceId, seatNumbers: [seat] }, bold.headers),
        ),
      ]);
      for (const { reason } of asked) expect(reason).to.be.oneOf(['SEAT_TAKEN', 'STORE_UNAVAILABLE']);
      if (listed.code !== 0) expect(listed.reason).to.equal('STORE_UNAVAILABLE');
      else return void expect(shownIn(listed.body)).to.deep.equal(sale.expectedMap());
      await sleep(20);
    }
  };

  const expectHealed = async (point: FaultPoint, kind: 'KILLED' | 'CUT') => {
    const healthy = system.direct(0);
    const sale = await ModelledSale.open(system, redis);
    const [holder, fan, bold] = [await sale.fan(healthy), await sale.fan(healthy), await sale.fan(healthy)];
    await sale.hold(healthy, holder, [6, 12, 13]);
    const metAtMs = await meet(sale, { kind, call: point.call, when: point.when });
    await lookUntilShown(sale, fan, bold);
    expect(performance.now() - metAtMs).to.be.lessThan(CLAIM_MS + MACHINE_MS);
    await sale.expectState('once it is shown', healthy, fan);
    await sale.hold(healthy, bold, [17]);
    await sale.expectState('with a hold more', healthy, fan);
  };

  const faults = REBUILD_FAULT_POINTS.flatMap((point) => (['KILLED', 'CUT'] as const).map((kind) => ({ point, kind })));
  for (const { point, kind } of sampled(faults, 2)) {
    it(`${kind} ${point.when} ${point.call}: within ${CLAIM_MS} ms another rebuilds, and nobody sees a wrong map`, () =>
      expectHealed(point, kind));
  }
});
