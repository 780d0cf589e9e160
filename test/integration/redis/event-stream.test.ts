import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { RedisClient } from '../../../src/infrastructure/redis/client.ts';
import { EventStream, type ToldEvent } from '../../../src/infrastructure/redis/event-stream.ts';
import { connectRedis } from '../../support/redis.ts';
import { refusalOf } from '../../support/refusal.ts';

describe('the stream of events', () => {
  let redis: RedisClient;
  let key: string;

  beforeEach(async () => {
    redis = await connectRedis();
    key = `test:${randomUUID()}`;
  });

  afterEach(async () => {
    await redis.del(key);
    redis.disconnect();
  });

  const event = (number: number): ToldEvent => ({
    eventId: randomUUID(),
    type: 'PAID',
    payload: { number, seatNumbers: [1, 2] },
    createdAt: new Date('2026-11-27T10:00:00.123Z'),
  });

  it('has each event with its id, type, payload and time, in the order in which they were told', async () => {
    const stream = new EventStream({ redis, key, maxLength: 1_000 });
    const events = [event(1), event(2)];
    for (const each of events) await stream.append(each);
    const entries = await redis.xrange(key, '-', '+');
    expect(entries.map(([, fields]) => fields)).to.deep.equal(
      events.map(({ eventId, payload }) => {
        const fields = { id: eventId, type: 'PAID', payload: JSON.stringify(payload), at: '2026-11-27T10:00:00.123Z' };
        return Object.entries(fields).flat();
      }),
    );
  });

  it('does not grow without end', async () => {
    const stream = new EventStream({ redis, key, maxLength: 100 });
    await Promise.all(Array.from({ length: 1_000 }, (_none, number) => stream.append(event(number))));
    // Redis lets whole nodes of the stream go, of a hundred entries by default.
    expect(await redis.xlen(key)).to.be.within(100, 300);
  });

  it('is unavailable where Redis is', async () => {
    const gone = await connectRedis();
    gone.disconnect();
    const stream = new EventStream({ redis: gone, key, maxLength: 100 });
    expect((await refusalOf(stream.append(event(1)))).reason).to.equal('STORE_UNAVAILABLE');
  });
});
