import { expect } from 'chai';
import { translateRedisError } from '../../../src/infrastructure/redis/errors.ts';
import { lineKeys } from '../../../src/queue/index.ts';
import { TestLines } from '../../support/line.ts';

describe('a Redis that is full', () => {
  let lines: TestLines;

  before(async () => {
    lines = await TestLines.open();
  });

  after(() => lines.close());

  it('is unavailable for now, and has done nothing of the step that it refused', async () => {
    const { redis } = lines;
    const concertId = await lines.line();
    const [, before = '0'] = (await redis.config('GET', 'maxmemory')) as string[];
    await redis.config('SET', 'maxmemory', '1');
    const refusal: unknown = await lines.join(concertId).catch((error: unknown) => error);
    await redis.config('SET', 'maxmemory', before);
    expect(translateRedisError(refusal)?.reason).to.equal('STORE_UNAVAILABLE');
    const { line, places, waiting } = lineKeys(concertId);
    expect(await redis.hget(line, 'number')).to.equal('0');
    expect(await redis.exists(places, waiting)).to.equal(0);
    expect((await lines.join(concertId)).number).to.equal(1);
  });
});
