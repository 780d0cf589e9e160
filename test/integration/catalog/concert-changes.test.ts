import { expect } from 'chai';
import type { Redis } from 'ioredis';
import type { RedisClient } from '../../../src/infrastructure/redis/client.ts';
import { ConcertChangesStore, type CatalogService } from '../../../src/catalog/index.ts';
import { Subscriptions } from '../../../src/infrastructure/redis/subscriptions.ts';
import { connectRedis, connectSubscriber } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { openTestOrm, type TestOrm } from '../postgres/test-orm.ts';
import { catalogOn, changeOf, concertOf, nowMs } from './fixtures.ts';

const unkeyed = { idempotencyKey: undefined };

describe('a concert that is changed by another instance', () => {
  let db: TestOrm;
  let redis: RedisClient;
  let subscriber: Redis;
  let writer: CatalogService;
  let reader: CatalogService;
  let concertId: string;
  let performanceId: string;

  beforeEach(async () => {
    db = await openTestOrm();
    redis = await connectRedis();
    subscriber = await connectSubscriber(redis);
    const errors: unknown[] = [];
    const subscriptions = new Subscriptions(subscriber, (error) => void errors.push(error));
    const changes = new ConcertChangesStore(redis, subscriptions);
    // The clock of neither moves, so that time alone shows no change.
    writer = catalogOn(db, { changes: { announce: (id) => changes.announce(id), listen: () => undefined } });
    reader = catalogOn(db, { changes });
    const { concert } = await writer.createConcert(concertOf(['2027-03-01T10:00:00Z']), unkeyed);
    concertId = concert.concertId;
    performanceId = concert.performances[0]?.performanceId ?? '';
    await waitUntil(async () => Number((await redis.pubsub('NUMSUB', 'frontrow:concerts:changed'))[1]) > 0, {
      what: 'the reader listens',
    });
  });

  afterEach(async () => {
    redis.disconnect();
    subscriber.disconnect();
    await db.close();
  });

  const priceSeenBy = async (catalog: CatalogService) => (await catalog.findPerformance(performanceId)).seats[0]?.price;
  const reprice = async (price: bigint) => {
    const sectionPrices = [{ section: 'Standard', price }];
    const performances = [{ performanceId, startsAt: undefined, sectionPrices }];
    await writer.updateConcert(changeOf(concertId, { performances }), unkeyed);
  };

  it('is seen changed by who changed it at once, and by the others with the message', async () => {
    expect([await priceSeenBy(writer), await priceSeenBy(reader)]).to.deep.equal([50_000n, 50_000n]);
    await reprice(60_000n);
    expect(await priceSeenBy(writer)).to.equal(60_000n);
    await waitUntil(async () => (await priceSeenBy(reader)) === 60_000n, {
      what: 'the reader sees it',
      timeoutMs: 1_000,
    });
    expect(await reader.getConcert(concertId)).to.deep.equal(await writer.getConcert(concertId));
  });

  it('is seen changed where the subscription was interrupted meanwhile, once it is there again', async () => {
    expect(await priceSeenBy(reader)).to.equal(50_000n);
    subscriber.disconnect();
    await reprice(60_000n);
    expect(await priceSeenBy(reader)).to.equal(50_000n);
    await subscriber.connect();
    await waitUntil(async () => (await priceSeenBy(reader)) === 60_000n, { what: 'the reader sees it' });
  });

  it('is seen changed after some seconds where the message was lost, for one statement where nothing changed', async () => {
    let passedMs = 0;
    const clock = { nowMs: () => nowMs + passedMs };
    const deaf = catalogOn(db, { clock });
    expect(await priceSeenBy(deaf)).to.equal(50_000n);
    await reprice(60_000n);
    passedMs = 4_999;
    expect(await priceSeenBy(deaf)).to.equal(50_000n);
    passedMs = 5_000;
    expect(await priceSeenBy(deaf)).to.equal(60_000n);
    passedMs = 10_000;
    const startedAt = db.statements.length;
    expect(await priceSeenBy(deaf)).to.equal(60_000n);
    expect(db.statements.slice(startedAt)).to.have.length(1);
    expect(db.statements.at(-1)).to.not.include('title');
  });
});
