import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import { rootDir } from '../../../scripts/stack/paths.ts';
import { EventStream } from '../../../src/infrastructure/redis/event-stream.ts';
import { getBackend } from '../../support/backend.ts';
import { SEED } from '../../support/long.ts';
import { seededRandom } from '../../support/random.ts';
import { connectServer } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';

const EVENTS = 150;

describe('the consumer of examples/events', () => {
  const name = `test-${randomUUID()}`;
  const key = `${name}:events`;
  const reportKeys = [`{${name}}:ids`, `{${name}}:seats`] as const;
  let redis: Redis;
  let redisUrl: string;
  let child: ChildProcess | undefined;
  /** What all of the consumers said, a line for each time an event was seen. */
  const seen: { id: string; isNew: boolean }[] = [];

  before(async () => {
    redis = await connectServer();
    ({ redisUrl } = await getBackend());
  });
  after(async () => {
    child?.kill('SIGKILL');
    await redis.del(key, ...reportKeys);
    redis.disconnect();
  });

  function start(): void {
    child = spawn(process.execPath, [join(rootDir, 'examples/events/main.js')], {
      env: {
        ...process.env,
        REDIS_URL: redisUrl,
        EVENTS_KEY: key,
        EVENTS_GROUP: name,
        CONSUMER_NAME: name,
        BATCH: '20',
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (!child.stdout) throw new Error('there is no output to read');
    createInterface(child.stdout).on('line', (line) => seen.push(JSON.parse(line) as (typeof seen)[number]));
  }

  async function kill(): Promise<void> {
    const killed = child;
    if (!killed || killed.exitCode !== null) throw new Error('the consumer has ended by itself');
    killed.kill('SIGKILL');
    await once(killed, 'close');
  }

  const counted = async (): Promise<number> => redis.hlen(reportKeys[1]);

  it(`sees each event, and counts it once, however often it is killed and cut off (seed ${SEED})`, async () => {
    const random = seededRandom(SEED);
    const stream = new EventStream({ redis, key, maxLength: 1_000_000 });
    const events = Array.from({ length: EVENTS }, () => ({
      eventId: randomUUID(),
      type: 'PAID',
      payload: { performanceId: randomUUID(), seatNumbers: [1, 2] },
      createdAt: new Date(),
    }));
    for (const event of events) {
      await stream.append(event);
      // As a relay that did not get its answer does.
      if (random() < 0.2) await stream.append(event);
    }
    for (const share of [0.2, 0.5]) {
      start();
      const enough = EVENTS * (share + random() * 0.1);
      await waitUntil(async () => (await counted()) >= enough, { what: 'some events were counted' });
      await kill();
    }
    start();
    await waitUntil(async () => (await counted()) >= EVENTS * 0.8, { what: 'most events were counted' });
    const clients = String(await redis.client('LIST')).split('\n');
    const ids = clients.filter((line) => line.includes(`name=${name} `)).map((line) => /\bid=(\d+)/.exec(line)?.[1]);
    expect(ids).to.have.length(2);
    for (const id of ids) await redis.client('KILL', 'ID', id ?? '');
    const pending = async () => ((await redis.xpending(key, name)) as [number])[0];
    await waitUntil(async () => (await counted()) === EVENTS && (await pending()) === 0, { what: 'all were counted' });

    const late = {
      eventId: randomUUID(),
      type: 'REFUNDED',
      payload: events[0]?.payload ?? null,
      createdAt: new Date(),
    };
    await stream.append(late);
    await waitUntil(() => seen.some(({ id }) => id === late.eventId), { what: 'the connection is there again' });
    await kill();

    const totals = await redis.hgetall(reportKeys[1]);
    const expected = events.map(({ payload }, index) => [payload.performanceId, index === 0 ? '0' : '2']);
    expect(totals).to.deep.equal(Object.fromEntries(expected));
    // What one that was killed had done and not said any more is seen again and said to be known.
    expect(new Set(seen.map(({ id }) => id))).to.have.property('size', EVENTS + 1);
    expect(seen.filter(({ isNew }) => isNew).length).to.be.at.most(EVENTS + 1);
    expect(await redis.zcard(reportKeys[0])).to.equal(EVENTS + 1);
  });
});
