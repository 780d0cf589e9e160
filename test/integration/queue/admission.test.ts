import { expect } from 'chai';
import type { RedisClient } from '../../../src/infrastructure/redis/client.ts';
import { lineKeys, QueueStore, type PlaceSnapshot } from '../../../src/queue/index.ts';
import { TestLines, WIDE_POLICY } from '../../support/line.ts';
import { pick, seededRandom } from '../../support/random.ts';
import { connectAll, countInside, redisNowMs } from '../../support/redis.ts';

describe('admission', () => {
  let lines: TestLines;
  let connections: readonly RedisClient[];
  let stores: readonly QueueStore[];

  before(async () => {
    lines = await TestLines.open();
    connections = await connectAll(8);
    stores = connections.map((redis) => new QueueStore(redis, 60_000));
  });

  after(() => {
    lines.close();
    for (const redis of connections) redis.disconnect();
  });

  it('lets everybody in exactly in the order of the numbers, however many instances advance the line', async () => {
    const concertId = await lines.line({ capacity: 3 });
    const places = await lines.joinMany(concertId, 60);
    const random = seededRandom(4);
    const left: number[] = [];
    while (left.length < places.length) {
      await Promise.all(stores.slice(0, 4).map((store) => store.advance(concertId)));
      const inside = await lines.numbersIn('ADMITTED', places);
      const everIn = [...left, ...inside].toSorted((a, b) => a - b);
      expect(everIn).to.deep.equal(Array.from({ length: Math.min(60, left.length + 3) }, (_, index) => index + 1));
      const leaver = pick(inside, random);
      await lines.store.leave(places[leaver - 1]!);
      left.push(leaver);
    }
  });

  it('never has more inside than the capacity, with eight instances that advance while admissions end and users leave', async () => {
    const capacity = 5;
    const concertId = await lines.line({ capacity, admissionTtlMs: 15 });
    const places = await lines.joinMany(concertId, 200);
    let most = 0;
    const advanceAndCount = async (index: number): Promise<void> => {
      const redis = connections[index];
      if (!redis) throw new Error('there is no such connection');
      let waiting = true;
      while (waiting) {
        await stores[index]?.advance(concertId);
        most = Math.max(most, await countInside(redis, concertId));
        const inside = await lines.numbersIn('ADMITTED', places);
        if (index < 2 && inside[0] !== undefined) await lines.store.leave(places[inside[0] - 1]!);
        waiting = (await redis.zcard(lineKeys(concertId).waiting)) > 0;
      }
    };
    await Promise.all(stores.map((_, index) => advanceAndCount(index)));
    expect(most).to.equal(capacity);
  });

  it('never admits faster than burst and rate allow', async () => {
    const [ratePerSecond, burst] = [200, 5];
    const concertId = await lines.line({ ratePerSecond, burst });
    await lines.joinMany(concertId, 300);
    const startMs = await redisNowMs(lines.redis);
    let [admitted, endMs] = [0, startMs];
    const advanceAndCompare = async (store: QueueStore, redis: RedisClient): Promise<void> => {
      while (endMs < startMs + 400) {
        const advance = await store.advance(concertId);
        admitted += advance?.admitted ?? 0;
        // What is counted before the time is asked for was admitted before it; what others count meanwhile may be later.
        const counted = admitted;
        const nowMs = await redisNowMs(redis);
        expect(counted).to.be.at.most(burst + (ratePerSecond * (nowMs - startMs)) / 1_000);
        endMs = Math.max(endMs, nowMs);
      }
    };
    await Promise.all(stores.slice(0, 3).map((store, index) => advanceAndCompare(store, connections[index]!)));
    expect(admitted).to.be.greaterThan(burst);
    expect(await countInside(lines.redis, concertId)).to.equal(admitted);
  });

  it('saves up what the rate gives, to the thousandth, and no more than the burst', async () => {
    const concertId = await lines.line({ ratePerSecond: 200, burst: 100 });
    await lines.joinMany(concertId, 200);
    const { line } = lineKeys(concertId);
    /** Lets the bucket have been empty so long ago; returns how many an advance admits, and how long that took. */
    const admittedAfter = async (quietMs: number) => {
      const nowMs = await redisNowMs(lines.redis);
      await lines.redis.hset(line, { tokens_milli: 0, tokens_at: nowMs - quietMs });
      const admitted = (await lines.store.advance(concertId))?.admitted ?? 0;
      return { admitted, tookMs: (await redisNowMs(lines.redis)) - nowMs };
    };
    const { admitted, tookMs } = await admittedAfter(250);
    expect(admitted).to.be.within(50, Math.min(100, 50 + Math.ceil(tookMs / 5)));
    expect((await admittedAfter(3_600_000)).admitted).to.equal(100);
  });

  it('goes by a lower capacity at once: evicts nobody, and admits nobody until fewer are inside', async () => {
    const concertId = await lines.line({ capacity: 4 });
    const places = await lines.joinMany(concertId, 8);
    await lines.store.advance(concertId);
    await lines.store.setPolicy(concertId, { ...WIDE_POLICY, capacity: 2 });
    const leave = async (place: PlaceSnapshot | undefined): Promise<readonly number[]> => {
      if (place) await lines.store.leave(place);
      await lines.store.advance(concertId);
      return lines.numbersIn('ADMITTED', places);
    };
    expect(await leave(undefined)).to.deep.equal([1, 2, 3, 4]);
    expect(await leave(places[0])).to.deep.equal([2, 3, 4]);
    expect(await leave(places[1])).to.deep.equal([3, 4]);
    expect(await leave(places[2])).to.deep.equal([4, 5]);
    await lines.store.setPolicy(concertId, { ...WIDE_POLICY, capacity: 5 });
    expect(await leave(undefined)).to.deep.equal([4, 5, 6, 7, 8]);
  });

  it('admits nobody while no seat is free, and again when one comes back', async () => {
    const concertId = await lines.line();
    const place = await lines.join(concertId);
    const { line } = lineKeys(concertId);
    await lines.redis.hset(line, 'seats_free', 0);
    expect((await lines.store.advance(concertId))?.admitted).to.equal(0);
    expect(await lines.read(place)).to.include({ state: 'WAITING', position: 1, seatsFree: 0 });
    await lines.redis.hset(line, 'seats_free', 1);
    expect((await lines.store.advance(concertId))?.admitted).to.equal(1);
  });

  it('says that more is due where one run is not enough, and finishes in the next', async () => {
    const concertId = await lines.line();
    await Promise.all(Array.from({ length: 510 }, () => lines.join(concertId)));
    expect(await lines.store.advance(concertId)).to.include({ admitted: 500, more: true });
    expect(await lines.store.advance(concertId)).to.include({ admitted: 10, more: false });
  });
});
