import { expect } from 'chai';
import { Cluster } from 'ioredis';
import { pino } from 'pino';
import { freePort } from '../../../scripts/stack/free-port.ts';
import { connectRedis, createRedis } from '../../../src/infrastructure/redis/client.ts';
import { translateRedisError } from '../../../src/infrastructure/redis/errors.ts';
import { getBackend } from '../../support/backend.ts';

const create = (url: string) =>
  createRedis({ url, commandTimeoutMs: 1_000, logger: pino({ level: 'silent' }), name: 'client-test' });

describe('a client of a cluster', () => {
  it('says that it cannot connect where no node answers, and refuses commands at once', async () => {
    const ports = [await freePort(), await freePort()];
    const redis = create(ports.map((port) => `redis://127.0.0.1:${port}`).join(','));
    try {
      const refused: unknown = await connectRedis(redis).catch((error: unknown) => error);
      expect(translateRedisError(refused)?.reason).to.equal('STORE_UNAVAILABLE');
      const lost: unknown = await redis.incr('key').catch((error: unknown) => error);
      expect(translateRedisError(lost)?.reason).to.equal('STORE_UNAVAILABLE');
    } finally {
      redis.disconnect();
    }
  });

  it('says so too where the servers are no cluster', async () => {
    const { redisUrl } = await getBackend();
    const redis = create(`${redisUrl},${redisUrl}`);
    expect(redis).to.be.instanceOf(Cluster);
    try {
      const refused: unknown = await connectRedis(redis).catch((error: unknown) => error);
      expect(translateRedisError(refused)?.reason).to.equal('STORE_UNAVAILABLE');
    } finally {
      redis.disconnect();
    }
  });

  const replies = [
    'CLUSTERDOWN Hash slot not served',
    'TRYAGAIN Multiple keys request during rehashing of slot',
    'MOVED 3999 127.0.0.1:6381',
    'ASK 3999 127.0.0.1:6381',
    'Too many Cluster redirections. Last error: Error: TRYAGAIN',
    "Cluster isn't ready and enableOfflineQueue options is false",
    'None of startup nodes is available',
  ];
  for (const reply of replies) {
    it(`takes “${reply}” for an outage`, () => {
      expect(translateRedisError(new Error(reply))?.reason).to.equal('STORE_UNAVAILABLE');
    });
  }

  it('takes a script that touches two concerts for the fault that it is', () => {
    expect(translateRedisError(new Error("CROSSSLOT Keys in request don't hash to the same slot"))).to.equal(undefined);
  });
});
