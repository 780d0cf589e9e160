import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { TestLines } from '../../support/line.ts';

describe('Lua scripts', () => {
  let lines: TestLines;

  before(async () => {
    lines = await TestLines.open();
  });

  after(() => lines.close());

  it('run on a server that has forgotten them, many at once, each once', async () => {
    const concertId = await lines.line();
    await lines.redis.script('FLUSH');
    const places = await Promise.all(Array.from({ length: 20 }, () => lines.join(concertId)));
    expect(places.map((place) => place.number)).to.deep.equal(Array.from({ length: 20 }, (_, index) => index + 1));
    await lines.redis.script('FLUSH');
    expect((await lines.read(places[3]!)).position).to.equal(4);
  });

  it('are not sent twice when their own error says something else', async () => {
    const concertId = randomUUID();
    await lines.redis.set(`frontrow:{${concertId}}:line`, 'not a hash');
    const outcome: unknown = await lines.store.advance(concertId).catch((reason: unknown) => reason);
    expect(String(outcome)).to.include('WRONGTYPE');
  });
});
