import { expect } from 'chai';
import { claimsWith, CONCERT_ID, OTHER_CONCERT_ID } from '../support/builders.ts';
import { FakeLine, settled, watch, type Reader } from './support/streams.ts';

/** A user for a number. */
function user(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
}

describe('the readings of a hub', () => {
  let line: FakeLine;
  let hub: ReturnType<FakeLine['hub']>;
  let readers: Reader[];

  beforeEach(() => {
    line = new FakeLine();
    hub = line.hub();
    readers = [];
  });

  afterEach(async () => {
    for (const reader of readers) reader.cancel();
    await Promise.all(readers.map((reader) => reader.done));
  });

  function watchAt(position: number, index = 0): Reader {
    line.put({ userId: user(index), position });
    const reader = watch(hub, claimsWith({ userId: user(index) }));
    readers.push(reader);
    return reader;
  }

  /** How many places a tick reads. */
  async function readsAfter(ms: number): Promise<number> {
    line.clock.advance(ms);
    const before = line.readings.flat().length;
    await hub.tick();
    await settled();
    return line.readings.flat().length - before;
  }

  it('take at most 500 places at once, each watcher once', async () => {
    for (let index = 0; index < 1_001; index += 1) watchAt(index + 1, index);
    expect(await readsAfter(0)).to.equal(1_001);
    expect(line.readings.map((users) => users.length)).to.deep.equal([500, 500, 1]);
    expect(new Set(line.readings.flat()).size).to.equal(1_001);
  });

  it('come once a second near the head, not with every tick', async () => {
    watchAt(1);
    const counts = [];
    for (const ms of [0, 200, 200, 600, 1]) counts.push(await readsAfter(ms));
    expect(counts).to.deep.equal([1, 0, 0, 0, 1]);
  });

  it('come less often for places far back', async () => {
    watchAt(1, 1);
    watchAt(100_000, 2);
    await readsAfter(0);
    line.readings.splice(0);
    let near = 0;
    let far = 0;
    for (let ms = 0; ms < 12_000; ms += 200) {
      await readsAfter(200);
      for (const users of line.readings.splice(0)) {
        near += Number(users.includes(user(1)));
        far += Number(users.includes(user(2)));
      }
    }
    expect([near, far]).to.deep.equal([10, 3]);
  });

  it('come soon after a move, for the first thousand alone', async () => {
    watchAt(1_000, 1);
    watchAt(1_001, 2);
    await readsAfter(0);
    line.readings.splice(0);
    line.say(CONCERT_ID);
    expect(await readsAfter(400)).to.equal(1);
    expect(line.readings).to.deep.equal([[user(1)]]);
  });

  it('come soon after a move also for who is admitted', async () => {
    line.put({ userId: user(1), state: 'ADMITTED', position: 0 });
    readers.push(watch(hub, claimsWith({ userId: user(1) })));
    await readsAfter(0);
    line.say(CONCERT_ID);
    expect(await readsAfter(400)).to.equal(1);
  });

  it('come soon after a move that is heard of while a reading is under way', async () => {
    watchAt(1);
    const read = line.read;
    line.read = (concertId, claims) => {
      const reading = read(concertId, claims);
      // What was read is older than the move, but arrives after the news of it.
      line.say(CONCERT_ID);
      line.read = read;
      return reading;
    };
    await readsAfter(0);
    expect(await readsAfter(400)).to.equal(1);
  });

  it('come once for several moves within 400 ms', async () => {
    watchAt(1);
    await readsAfter(0);
    const counts = [];
    for (let ms = 0; ms < 800; ms += 100) {
      line.say(CONCERT_ID);
      counts.push(await readsAfter(100));
    }
    expect(counts).to.deep.equal([0, 0, 0, 1, 0, 0, 0, 1]);
  });

  it('come at the head between those of the many far back, which they do not wait for', async () => {
    watchAt(1, 1);
    for (let index = 0; index < 1_200; index += 1) watchAt(50_000 + index, 100 + index);
    await readsAfter(0);
    line.readings.splice(0);
    // Everybody is due; the head moves once more while those far back are read.
    const read = line.read;
    line.read = (concertId, claims) => {
      if (claims.length > 1) {
        line.clock.advance(400);
        line.say(CONCERT_ID);
      }
      return read(concertId, claims);
    };
    await readsAfter(5_000);
    expect(line.readings.map((users) => users.length)).to.deep.equal([1, 500, 1, 500, 1, 200]);
  });

  it('do not come for a move of another line', async () => {
    watchAt(1);
    readers.push(watch(hub, claimsWith({ concertId: OTHER_CONCERT_ID })));
    await readsAfter(0);
    line.say(OTHER_CONCERT_ID);
    line.readings.splice(0);
    expect(await readsAfter(400)).to.equal(1);
    expect(line.readings.flat()).not.to.include(user(0));
  });

  it('come again soon where one failed', async () => {
    watchAt(1);
    line.fails = new Error('no answer');
    await readsAfter(0);
    line.fails = undefined;
    expect(await readsAfter(400)).to.equal(1);
  });
});
