import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { createSubscriber } from '../../../src/infrastructure/redis/client.ts';
import { Subscriptions } from '../../../src/infrastructure/redis/subscriptions.ts';
import { getBackend } from '../../support/backend.ts';
import { connectServer } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { openCuttingProxy } from './cutting-proxy.ts';

describe('subscriptions', () => {
  let publisher: Redis;
  let subscriber: Redis;
  let subscriptions: Subscriptions;
  let channel: string;
  let errors: unknown[];

  beforeEach(async () => {
    errors = [];
    channel = `test:${randomUUID()}`;
    publisher = await connectServer();
    subscriber = await connectServer('subscriber-test');
    subscriptions = new Subscriptions(subscriber, (error) => void errors.push(error));
  });

  afterEach(() => {
    publisher.disconnect();
    subscriber.disconnect();
  });

  const receivers = async (count: number, name = channel): Promise<void> =>
    waitUntil(async () => Number((await publisher.pubsub('NUMSUB', name))[1]) === count, {
      what: `${count} subscribed`,
    });

  it('tell every listener of a channel, with one subscription however many there are', async () => {
    const heard = [0, 0];
    subscriptions.listen(channel, () => (heard[0] = (heard[0] ?? 0) + 1));
    subscriptions.listen(channel, () => (heard[1] = (heard[1] ?? 0) + 1));
    await receivers(1);
    await publisher.publish(channel, '1');
    await waitUntil(() => heard[0] === 1 && heard[1] === 1, { what: 'both have heard' });
  });

  it('go on after the connection was cut, for every channel', async () => {
    const heard = new Set<string>();
    const second = `${channel}:second`;
    subscriptions.listen(channel, () => heard.add(channel));
    subscriptions.listen(second, () => heard.add(second));
    await receivers(1);
    await receivers(1, second);
    const id = /id=(\d+) [^\n]*name=frontrow-subscriber-test /.exec(String(await publisher.client('LIST')))?.[1];
    expect(await publisher.client('KILL', 'ID', id ?? '')).to.equal(1);
    await receivers(1);
    await receivers(1, second);
    await publisher.publish(channel, '1');
    await publisher.publish(second, '1');
    await waitUntil(() => heard.size === 2, { what: 'both channels have been heard' });
  });

  it('say each time when something may have been missed, once new messages are heard', async () => {
    const heard: string[] = [];
    let gaps = 0;
    subscriptions.listen(
      channel,
      (message) => heard.push(message),
      () => (gaps += 1),
    );
    await waitUntil(() => gaps === 1, { what: 'it is subscribed' });
    await publisher.publish(channel, 'first');
    subscriber.disconnect(true);
    await waitUntil(() => gaps === 2, { what: 'it is subscribed again' });
    await publisher.publish(channel, 'second');
    await waitUntil(() => heard.includes('second'), { what: 'the message' });
    expect(gaps).to.equal(2);
  });

  it('take up what was listened for while the connection was down', async () => {
    subscriber.disconnect(true);
    let heard = 0;
    subscriptions.listen(channel, () => (heard += 1));
    await receivers(1);
    await publisher.publish(channel, '1');
    await waitUntil(() => heard === 1, { what: 'the message' });
  });

  it('end with the last listener, and begin again with the next', async () => {
    let heard = 0;
    const ends = [subscriptions.listen(channel, () => (heard += 1)), subscriptions.listen(channel, () => (heard += 1))];
    await receivers(1);
    ends[0]?.();
    await publisher.publish(channel, '1');
    await waitUntil(() => heard === 1, { what: 'the message' });
    ends[1]?.();
    ends[1]?.();
    await receivers(0);
    subscriptions.listen(channel, () => (heard += 1));
    await receivers(1);
    expect(errors).to.deep.equal([]);
  });

  it('outlive connections that break again right when they are subscribed anew, and no error is nobody’s', async () => {
    const proxy = await openCuttingProxy((await getBackend()).redisUrl, 'subscribe');
    const logger = pino({ level: 'silent' });
    const options = { url: proxy.url, commandTimeoutMs: 1_000, logger, name: 'flapping' };
    const flapping = createSubscriber(options, publisher);
    try {
      await flapping.connect();
      let heard = 0;
      new Subscriptions(flapping, (error) => void errors.push(error)).listen(channel, () => (heard += 1));
      await receivers(1);
      // Redis counts a subscriber before the answer has come through the proxy: cut off then, that would be one error more.
      await publisher.publish(channel, '1');
      await waitUntil(() => heard === 1, { what: 'it has heard' });
      proxy.cutNext(3);
      proxy.cutAll();
      // A rejection that nobody listens to ends the server, and fails this test.
      await waitUntil(() => proxy.cuts === 3, { what: 'it broke three times' });
      await receivers(1);
      await publisher.publish(channel, '1');
      await waitUntil(() => heard === 2, { what: 'it has heard again' });
      expect(errors).to.have.length(3);
    } finally {
      flapping.disconnect();
      await proxy.close();
    }
  });
});
