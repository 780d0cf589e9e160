import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import sinon from 'sinon';
import { createRedis } from '../../../src/infrastructure/redis/client.ts';
import { translateRedisError } from '../../../src/infrastructure/redis/errors.ts';
import { getBackend } from '../../support/backend.ts';
import { connectServer } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { openFreezableProxy } from '../postgres/freezable-proxy.ts';

describe('a connection to Redis that breaks', () => {
  let redis: Redis;
  let other: Redis;
  let key: string;

  beforeEach(async () => {
    key = `test:${randomUUID()}`;
    redis = await connectServer();
    other = await connectServer();
  });

  afterEach(() => {
    redis.disconnect();
    other.disconnect();
  });

  it('fails what was in flight, and never sends it again', async () => {
    const id = await redis.client('ID');
    const waiting = redis.blpop(key, 0).catch((reason: unknown) => reason);
    const isBlocked = async () => String(await other.client('LIST', 'ID', id)).includes('cmd=blpop');
    await waitUntil(isBlocked, { what: 'the command is in flight' });
    await other.client('KILL', 'ID', id);
    expect(translateRedisError(await waiting)?.reason).to.equal('STORE_UNAVAILABLE');
    await waitUntil(() => redis.status === 'ready', { what: 'it is connected again' });
    expect(await redis.ping()).to.equal('PONG');
    await other.rpush(key, 'value');
    // A command that was sent again would have taken it.
    expect(await other.lrange(key, 0, -1)).to.deep.equal(['value']);
    await other.del(key);
  });

  it('refuses commands while it is down instead of keeping them for later', async () => {
    redis.disconnect(true);
    const outcome: unknown = await redis.incr(key).catch((reason: unknown) => reason);
    expect(translateRedisError(outcome)?.reason).to.equal('STORE_UNAVAILABLE');
    const answers = async () => (await redis.ping().catch(() => 'nothing')) === 'PONG';
    await waitUntil(answers, { what: 'it is connected again' });
    expect(await redis.exists(key)).to.equal(0);
  });

  it('is given up and made anew where it swallows everything without a word', async () => {
    const { redisUrl } = await getBackend();
    const proxy = await openFreezableProxy(redisUrl);
    const silent = createRedis({
      url: proxy.url,
      commandTimeoutMs: 200,
      logger: pino({ level: 'silent' }),
      name: 'silent',
    });
    try {
      await silent.connect();
      // As when a network or a machine goes away: new connections reach the server, this one nobody.
      proxy.freeze('present');
      const answers = async () => (await silent.ping().catch(() => 'nothing')) === 'PONG';
      expect(await answers()).to.equal(false);
      await waitUntil(answers, { what: 'it answers on another connection', timeoutMs: 3_000 });
    } finally {
      silent.disconnect();
      await proxy.close();
    }
  });

  it('is made anew where the server has become a replica: the name may lead to another one by now', async () => {
    const before = await redis.client('ID');
    await other.replicaof('127.0.0.1', '1');
    try {
      const outcome: unknown = await redis.incr(key).catch((reason: unknown) => reason);
      expect(translateRedisError(outcome)?.reason).to.equal('STORE_UNAVAILABLE');
      const isAnew = async () => (await redis.client('ID').catch(() => before)) !== before;
      await waitUntil(isAnew, { what: 'it is another connection', timeoutMs: 2_000 });
    } finally {
      await other.replicaof('NO', 'ONE');
    }
    expect(await redis.incr(key)).to.equal(1);
    await redis.del(key);
  });
});

describe('commands that are given in one turn of the event loop', () => {
  it('are sent with one call of the system, and answered each', async () => {
    const redis = await connectServer();
    const key = `test:${randomUUID()}`;
    await redis.ping();
    const writev = sinon.spy(redis.stream as unknown as { _writev: () => void }, '_writev');
    const write = sinon.spy(redis.stream as unknown as { _write: () => void }, '_write');
    const counts = await Promise.all(Array.from({ length: 20 }, () => redis.incr(key)));
    expect(counts).to.deep.equal(Array.from({ length: 20 }, (_none, index) => index + 1));
    expect([writev.callCount, write.callCount]).to.deep.equal([1, 0]);
    await redis.del(key);
    redis.disconnect();
  });
});
