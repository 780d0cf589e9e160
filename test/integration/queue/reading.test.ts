import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { TestLines } from '../../support/line.ts';

describe('reading a line', () => {
  let lines: TestLines;

  before(async () => {
    lines = await TestLines.open();
  });

  after(() => lines.close());

  it('gives the rank as the position, whoever leaves in front', async () => {
    const concertId = await lines.line();
    const places = await lines.joinMany(concertId, 5);
    const positions = async () => (await lines.readAll(places)).map((place) => place.position);
    expect(await positions()).to.deep.equal([1, 2, 3, 4, 5]);
    await lines.store.leave(places[1]!);
    expect(await positions()).to.deep.equal([1, 0, 2, 3, 4]);
  });

  it('gives several places in one step, in the order in which they were asked for', async () => {
    const concertId = await lines.line({ capacity: 1 });
    const [inside, waiting, left] = await lines.joinMany(concertId, 3);
    await lines.store.leave(left!);
    await lines.store.advance(concertId);
    const read = await lines.readAll([left!, waiting!, inside!, { ...waiting!, epoch: 7 }]);
    expect(read.map(({ userId, state }) => [userId, state])).to.deep.equal([
      [left!.userId, 'LEFT'],
      [waiting!.userId, 'WAITING'],
      [inside!.userId, 'ADMITTED'],
      [waiting!.userId, 'EXPIRED'],
    ]);
    expect(new Set(read.map((place) => place.asOfMs)).size).to.equal(1);
  });

  it('shows a place of another epoch as EXPIRED, and touches nothing', async () => {
    const place = await lines.join(await lines.line());
    expect(await lines.read({ ...place, epoch: 2 }, true)).to.include({ state: 'EXPIRED', position: 0 });
    expect(await lines.read({ ...place, epoch: 0 }, true)).to.include({ state: 'EXPIRED', position: 0 });
    expect((await lines.read(place)).state).to.equal('WAITING');
  });

  it('shows a number that was never given to a user who has no place as EXPIRED', async () => {
    const concertId = await lines.line();
    const [first] = await lines.joinMany(concertId, 2);
    expect((await lines.read({ ...first!, userId: randomUUID(), number: 99 })).state).to.equal('EXPIRED');
  });

  it('counts who waits, is away and is inside, and the last number', async () => {
    const concertId = await lines.line({ capacity: 2 });
    const places = await lines.joinMany(concertId, 6);
    await lines.store.leave(places[5]!);
    await lines.store.advance(concertId);
    const counts = await lines.store.count(concertId);
    expect(counts).to.include({ waiting: 3, away: 0, admitted: 2, lastNumber: 6, epoch: 1, seatsFree: 1_000_000 });
  });
});
