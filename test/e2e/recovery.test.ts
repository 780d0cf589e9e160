import { expect } from 'chai';
import { ensureBinaries } from '../../scripts/setup.ts';
import { auditAdmissions } from '../../src/queue/admission-audit.ts';
import type { AdmissionBatch } from '../../src/queue/admission-log.ts';
import { sized } from '../support/long.ts';
import { connectRedis } from '../support/redis.ts';
import { waitUntil } from '../support/wait-until.ts';
import { objectAt, type JsonObject } from './support/door.ts';
import { batchesOf, eventsOf, join, poll, type Joined } from './support/line-chaos.ts';
import { startOwnStores } from './support/own-stores.ts';
import { putOnSale, succeeded } from './support/sale.ts';
import { startSystem, type System } from './support/system.ts';

const WAITING = sized(400, 10_000);
const WINDOW_MS = sized(4_000, 20_000);
const STREAMS = 20;
const LANES = 24;

describe(`a Redis that is wiped with ${WAITING} waiting`, function () {
  this.timeout(300_000);
  let system: System;

  before(async () => {
    await ensureBinaries({ postgres: true, redis: true });
    const stores = await startOwnStores();
    system = await startSystem({ stores, env: { RECOVERY_WINDOW_MS: String(WINDOW_MS) } });
  });
  after(() => system.stop());

  const inLanes = async <T, R>(items: readonly T[], each: (item: T, turn: number) => Promise<R>): Promise<R[]> => {
    const results: R[] = [];
    let next = 0;
    const lane = async () => {
      for (let turn = next++; turn < items.length; turn = next++) results[turn] = await each(items[turn] as T, turn);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return results;
  };
  const positionOf = async (fan: Joined): Promise<JsonObject> =>
    objectAt(succeeded(await system.json.call('QueueService.GetPosition', {}, fan.headers)), 'place');
  const byNumber = (a: Joined, b: Joined) => a.number - b.number;

  it('lets who polls or watches keep the order, ahead of newcomers, and opens its doors by itself', async () => {
    const policy = { capacity: 100_000, ratePerSecond: 5_000, burst: 1_000, admissionTtl: '600s', mode: 'PAUSED' };
    const { concertId } = await putOnSale(system, { policy });
    const operator = { 'operator-key': system.operatorKey };
    const fans = await inLanes(Array.from({ length: WAITING }), (_none, turn) => join(system, concertId, turn));
    fans.sort(byNumber);
    const watching = fans.slice(0, STREAMS);
    const streams = watching.map((fan) => system.grpc.stream('QueueService.WatchPosition', fan.headers));
    const placesOf = streams.map((): JsonObject[] => []);
    const shown = streams.map(async (stream, index) => {
      const places = placesOf[index] ?? [];
      for await (const message of stream) {
        if (message['event'] === 'place') places.push(objectAt(message, 'place'));
        if (places.at(-1)?.['state'] === 'ADMITTED') break;
      }
      stream.cancel();
      return places;
    });
    await waitUntil(() => placesOf.every((places) => places.length > 0), { what: 'the streams have begun' });

    const redis = await connectRedis('test', system.redisUrl);
    await redis.flushall();
    const newcomers = await inLanes(Array.from({ length: 30 }), (_none, turn) => join(system, concertId, turn));
    newcomers.sort(byNumber);
    const polling = fans.slice(STREAMS).filter((_fan, index) => index % 2 === 0);
    const states = await inLanes(
      polling.toSorted(() => Math.random() - 0.5),
      (fan, turn) => poll(system, fan, turn),
    );
    expect(new Set(states)).to.deep.equal(new Set(['WAITING']));
    const returned = [...watching, ...polling];
    const statsNow = async () =>
      succeeded(await system.json.call('QueueService.GetQueueStats', { concertId }, operator));
    const allBack = async () => (await statsNow())['waiting'] === returned.length + newcomers.length;
    await waitUntil(allBack, { what: 'those who watch are back too' });
    expect(await statsNow()).to.include({ epoch: 2, recovering: true, admitted: 0 });
    expect(await positionOf(returned.at(-1)!)).to.include({ position: returned.length, recovering: true });
    expect(await positionOf(newcomers[0]!)).to.include({ number: 1, position: returned.length + 1 });

    succeeded(await system.json.call('QueueService.UpdateAdmissionPolicy', { concertId, mode: 'OPEN' }, operator));
    let batches: readonly AdmissionBatch[] = [];
    const admitted = () =>
      eventsOf(batches).flatMap(({ kind, epoch, number }) => (kind === 'ADMITTED' ? [`${epoch}:${number}`] : []));
    const allIn = async () => {
      batches = await batchesOf(system, concertId);
      return admitted().length === returned.length + newcomers.length;
    };
    await waitUntil(allIn, { what: 'all are in, and the log says so', timeoutMs: WINDOW_MS + 60_000 });
    expect(admitted()).to.deep.equal([
      ...returned.map(({ number }) => `1:${number}`),
      ...newcomers.map(({ number }) => `2:${number}`),
    ]);
    expect(auditAdmissions(batches)).to.deep.equal([]);
    for (const places of await Promise.all(shown)) {
      const steps = places.map(({ state, recovering }) => (recovering === true ? 'recovering' : state));
      expect(steps.filter((step, index) => step !== steps[index - 1])).to.deep.equal([
        'WAITING',
        'recovering',
        ...(steps.at(-2) === 'WAITING' ? ['WAITING'] : []),
        'ADMITTED',
      ]);
    }
    redis.disconnect();
  });
});
