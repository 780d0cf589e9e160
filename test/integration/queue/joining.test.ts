import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { lineKeys, QueueStore, type PlaceSnapshot } from '../../../src/queue/index.ts';
import { inTurn } from '../../support/in-turn.ts';
import { TestLines } from '../../support/line.ts';
import { connectAll, redisNowMs } from '../../support/redis.ts';
import { waitUntil } from '../../support/wait-until.ts';

describe('joining a line', () => {
  let lines: TestLines;

  before(async () => {
    lines = await TestLines.open();
  });

  after(() => lines.close());

  it('gives numbers in order and without gaps to 500 who come at once over two connections', async () => {
    const concertId = await lines.line();
    const connections = await connectAll(2);
    const stores = connections.map((redis) => new QueueStore(redis, 1_000));
    const joins = Array.from({ length: 500 }, (_, index) => lines.join(concertId, randomUUID(), inTurn(stores, index)));
    const numbers = (await Promise.all(joins)).map((place) => place.number);
    expect(numbers.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: 500 }, (_, index) => index + 1));
    // Redis answers the calls of one connection in their order, so each of them sees its own numbers grow.
    for (const parity of [0, 1]) {
      const own = numbers.filter((_, index) => index % 2 === parity);
      expect(own).to.deep.equal(own.toSorted((a, b) => a - b));
    }
    for (const redis of connections) redis.disconnect();
  });

  it('gives one number to a user who joins fifty times at once', async () => {
    const concertId = await lines.line();
    const userId = randomUUID();
    const connections = await connectAll(2);
    const stores = connections.map((redis) => new QueueStore(redis, 1_000));
    const joins = Array.from({ length: 50 }, (_, index) => lines.join(concertId, userId, inTurn(stores, index)));
    const numbers = (await Promise.all(joins)).map((place) => place.number);
    expect(new Set(numbers)).to.deep.equal(new Set([1]));
    expect((await lines.join(concertId)).number).to.equal(2);
    for (const redis of connections) redis.disconnect();
  });

  it('gives those who join in one step their numbers in the order in which they are named, and one to each user', async () => {
    const concertId = await lines.line();
    await lines.join(concertId);
    const [one, two, three] = [randomUUID(), randomUUID(), randomUUID()];
    const first = (await lines.store.join(concertId, [one, two, one])) ?? [];
    const second = (await lines.store.join(concertId, [three, two])) ?? [];
    const standing = [...first, ...second].map((result) =>
      result.kind === 'joined' ? [result.place.userId, result.place.number, result.place.position] : result,
    );
    expect(standing).to.deep.equal([
      [one, 2, 2],
      [two, 3, 3],
      [one, 2, 2],
      [three, 4, 4],
      [two, 3, 3],
    ]);
    expect(await lines.store.count(concertId)).to.include({ waiting: 4, lastNumber: 4 });
  });

  it('gives each of those who join in one step the own outcome', async () => {
    const concertId = await lines.line({ capacity: 1, admissionTtlMs: 1 });
    const [ranOut, waiting] = [await lines.join(concertId), await lines.join(concertId)];
    await lines.store.advance(concertId);
    await waitUntil(async () => (await lines.read(ranOut)).state === 'EXPIRED', { what: 'the admission ran out' });
    const users = [randomUUID(), waiting.userId, ranOut.userId];
    const join = async () => (await lines.store.join(concertId, users))?.map(({ kind }) => kind);
    await lines.changePolicy(concertId, { mode: 'DRAINING' });
    expect(await join()).to.deep.equal(['draining', 'joined', 'draining']);
    await lines.redis.hset(lineKeys(concertId).line, 'queue_opens_at', (await redisNowMs(lines.redis)) + 60_000);
    expect(await join()).to.deep.equal(['not-open', 'joined', 'not-open']);
    expect((await lines.store.count(concertId))?.lastNumber).to.equal(2);
    expect((await lines.read(ranOut)).state).to.equal('EXPIRED');
  });

  it('gives an admitted user the place that the user has, with the same end', async () => {
    const concertId = await lines.line();
    const place = await lines.join(concertId);
    await lines.store.advance(concertId);
    const admitted = await lines.read(place);
    const again = await lines.join(concertId, place.userId);
    expect([again.state, again.number, again.admissionEndsAtMs]).to.deep.equal([
      'ADMITTED',
      1,
      admitted.admissionEndsAtMs,
    ]);
  });

  /** Ends the place of a user who joins again behind another one, and compares what both places show. */
  async function expectNewPlaceAtTheEnd(place: PlaceSnapshot, endedAs: PlaceSnapshot['state']): Promise<void> {
    const { concertId, userId } = place;
    const before = await lines.join(concertId);
    const again = await lines.join(concertId, userId);
    expect([again.state, again.number]).to.deep.equal(['WAITING', before.number + 1]);
    expect((await lines.read(place)).state).to.equal(endedAs);
    expect((await lines.read(again)).position).to.equal(2);
  }

  it('puts a user who left at the end, and the old token shows LEFT', async () => {
    const place = await lines.join(await lines.line());
    await lines.store.leave(place);
    await expectNewPlaceAtTheEnd(place, 'LEFT');
  });

  it('puts a user whose admission ran out at the end, whether or not the line moved since, and the old token shows EXPIRED', async () => {
    for (const isCleared of [true, false]) {
      const place = await lines.join(await lines.line({ admissionTtlMs: 1 }));
      await lines.store.advance(place.concertId);
      await waitUntil(async () => (await lines.read(place)).state === 'EXPIRED', { what: 'the admission ran out' });
      if (isCleared) expect((await lines.store.advance(place.concertId))?.ended).to.equal(1);
      await expectNewPlaceAtTheEnd(place, 'EXPIRED');
    }
  });
});
