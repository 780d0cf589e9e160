import { expect } from 'chai';
import type { PlaceSnapshot } from '../../../src/queue/index.ts';
import { TestLines } from '../../support/line.ts';

const AWAY_AFTER_MS = 60_000;
const AWAY_TTL_MS = 600_000;

describe('a waiter who has gone away', () => {
  let lines: TestLines;
  let concertId: string;

  before(async () => {
    lines = await TestLines.open();
  });

  after(() => lines.close());

  beforeEach(async () => {
    concertId = await lines.line({ capacity: 1, awayAfterMs: AWAY_AFTER_MS, awayTtlMs: AWAY_TTL_MS });
  });

  /** Three places of which the first was set aside and the second let in. */
  async function withOneAway(): Promise<readonly [PlaceSnapshot, PlaceSnapshot, PlaceSnapshot]> {
    const [away, inside, waiting] = await lines.joinMany(concertId, 3);
    if (!away || !inside || !waiting) throw new Error('there are not three places');
    await lines.silence(away, AWAY_AFTER_MS + 1_000);
    expect(await lines.store.advance(concertId)).to.include({ setAside: 1, admitted: 1 });
    return [away, inside, waiting];
  }

  it('is set aside at the head and holds nobody up', async () => {
    const [away, inside, waiting] = await withOneAway();
    expect(await lines.read(away)).to.include({ state: 'AWAY', position: 0 });
    expect((await lines.read(inside)).state).to.equal('ADMITTED');
    expect((await lines.read(waiting)).position).to.equal(1);
    expect(await lines.store.count(concertId)).to.include({ away: 1, waiting: 1, admitted: 1 });
  });

  it('is not set aside before the time', async () => {
    const [first] = await lines.joinMany(concertId, 2);
    await lines.silence(first!, AWAY_AFTER_MS - 30_000);
    expect(await lines.store.advance(concertId)).to.include({ setAside: 0, admitted: 1 });
    expect((await lines.read(first!)).state).to.equal('ADMITTED');
  });

  it('comes back by being seen, first in line by the old number, and is let in next', async () => {
    const [away, inside, waiting] = await withOneAway();
    expect(await lines.read(away, true)).to.include({ state: 'WAITING', position: 1, number: 1 });
    expect((await lines.read(waiting)).position).to.equal(2);
    await lines.store.leave(inside);
    await lines.store.advance(concertId);
    expect((await lines.read(away)).state).to.equal('ADMITTED');
    expect((await lines.read(waiting)).state).to.equal('WAITING');
  });

  it('comes back by joining again, with the same number', async () => {
    const [away] = await withOneAway();
    expect(await lines.join(concertId, away.userId)).to.include({ state: 'WAITING', position: 1, number: 1 });
  });

  it('does not come back by somebody looking without touching', async () => {
    const [away] = await withOneAway();
    expect((await lines.read(away)).state).to.equal('AWAY');
    expect((await lines.read(away)).state).to.equal('AWAY');
  });

  it('keeps being seen by reading, and by nothing less', async () => {
    for (const touch of [true, false]) {
      concertId = await lines.line({ capacity: 1, awayAfterMs: AWAY_AFTER_MS });
      const [first] = await lines.joinMany(concertId, 2);
      await lines.silence(first!, AWAY_AFTER_MS + 1_000);
      await lines.read(first!, touch);
      await lines.store.advance(concertId);
      expect((await lines.read(first!)).state).to.equal(touch ? 'ADMITTED' : 'AWAY');
    }
  });

  it('is EXPIRED after being away for too long, before and after the line has moved', async () => {
    const [away] = await withOneAway();
    await lines.setAside(away, AWAY_TTL_MS + 1_000);
    expect((await lines.read(away, true)).state).to.equal('EXPIRED');
    expect((await lines.store.advance(concertId))?.ended).to.equal(1);
    expect((await lines.read(away, true)).state).to.equal('EXPIRED');
    expect(await lines.join(concertId, away.userId)).to.include({ state: 'WAITING', number: 4 });
  });

  it('may leave', async () => {
    const [away] = await withOneAway();
    await lines.store.leave(away);
    expect((await lines.read(away, true)).state).to.equal('LEFT');
    expect(await lines.store.count(concertId)).to.include({ away: 0 });
  });

  it('is passed over however many are silent, down to the first who is there', async () => {
    concertId = await lines.line({ capacity: 1, awayAfterMs: AWAY_AFTER_MS });
    const places = await lines.joinMany(concertId, 30);
    await Promise.all(places.slice(0, 29).map((place) => lines.silence(place, AWAY_AFTER_MS + 1_000)));
    expect(await lines.store.advance(concertId)).to.include({ setAside: 29, admitted: 1 });
    expect(await lines.numbersIn('ADMITTED', places)).to.deep.equal([30]);
  });
});
