import { expect } from 'chai';
import type { SinonFakeTimers } from 'sinon';
import type { SeatHub } from '../../../src/reservation/seat-hub.ts';
import { claimsWith, OTHER_CONCERT_ID, OTHER_USER_ID, performanceWith } from '../support/builders.ts';
import { fakeTimers } from '../support/timers.ts';
import { FakeHall, HEARTBEAT_MS, watchSeats, type SeatReader } from './support/seat-streams.ts';

const OTHER_PERFORMANCE_ID = '7c2d0000-0000-4000-8000-000000000002';

describe('the streams of seats of an instance', () => {
  let timers: SinonFakeTimers;
  let hall: FakeHall;
  let hub: SeatHub;

  beforeEach(() => {
    timers = fakeTimers();
    hall = new FakeHall();
    hub = hall.hub();
  });

  afterEach(() => hub.stop());

  /** A stream that has the map. */
  async function opened(...args: Parameters<typeof watchSeats> extends [SeatHub, ...infer Rest] ? Rest : never) {
    const reader = watchSeats(hub, ...args);
    await timers.tickAsync(1);
    return reader;
  }

  it('begin with the map at once, and go on with what changes', async () => {
    hall.changeUnheard(['held', 7]);
    const reader = await opened();
    await timers.tickAsync(100);
    hall.change(['held', 8]);
    await timers.tickAsync(1);
    expect(reader.said).to.deep.equal(['map 101', '101-102 held 8']);
  });

  it('say ten times a second what changes all the time', async () => {
    const reader = await opened();
    for (let ms = 0; ms < 5_000; ms += 5) {
      hall.change([ms % 2 === 0 ? 'held' : 'released', 1 + (ms % 50)]);
      await timers.tickAsync(5);
    }
    await timers.tickAsync(200);
    expect(reader.said.length).to.be.within(45, 52);
    expect(reader.replay.version).to.equal(hall.version);
    expect(hall.mapReadings, 'nothing was missed').to.equal(1);
  });

  it('share one subscription and one reading of the map, however many they are', async () => {
    const readers = Array.from({ length: 20 }, () => watchSeats(hub));
    await timers.tickAsync(1_000);
    readers.push(await opened());
    expect([hall.subscribed, hall.mapReadings]).to.deep.equal([1, 1]);
    expect(new Set(readers.map((reader) => reader.said.join()))).to.deep.equal(new Set(['map 100']));
  });

  it('of another performance have a subscription of their own', async () => {
    const [one, other] = [await opened(), await opened(claimsWith(), OTHER_PERFORMANCE_ID)];
    hall.say('101 H3', OTHER_PERFORMANCE_ID);
    hall.version = 101n;
    await timers.tickAsync(100);
    expect(hall.subscribed).to.equal(2);
    expect([one.said, other.said]).to.deep.equal([['map 100'], ['map 100', '100-101 held 3']]);
  });

  it('unsubscribe with the last one, and subscribe anew with the next', async () => {
    const readers = [await opened(), await opened()];
    readers[0]?.cancel();
    expect(hall.listeners.size).to.equal(1);
    readers[1]?.cancel();
    expect(hall.listeners.size).to.equal(0);
    await timers.tickAsync(60_000);
    expect(hall.admittedReadings, 'nobody is looked after any more').to.deep.equal([]);
    expect((await opened()).said).to.deep.equal(['map 100']);
    expect([hall.subscribed, hall.mapReadings]).to.deep.equal([2, 2]);
  });

  it('are not opened for who goes away while the performance is looked up', async () => {
    const reader = watchSeats(hub);
    reader.cancel();
    await timers.tickAsync(1_000);
    expect([hall.subscribed, reader.said, reader.failure]).to.deep.equal([0, [], undefined]);
  });

  it('forget who goes away while the map is read', async () => {
    hall.pause = () => new Promise((resolve) => setTimeout(resolve, 500));
    const reader = await opened();
    reader.cancel();
    await timers.tickAsync(2_000);
    expect([hall.subscribed, hall.listeners.size, reader.said]).to.deep.equal([1, 0, []]);
  });

  it('are refused with a token of another concert, before the first message', async () => {
    const reader = await opened(claimsWith({ concertId: OTHER_CONCERT_ID }));
    expect(reader.failure).to.have.property('reason', 'TOKEN_CONCERT_MISMATCH');
    expect([reader.said, hall.subscribed]).to.deep.equal([[], 0]);
  });

  it('are refused with what looking up the performance says', async () => {
    const error = new Error('no such performance');
    hall.findPerformance = () => Promise.reject(error);
    const reader = await opened();
    expect(reader.failure).to.equal(error);
    expect([reader.said, hall.subscribed]).to.deep.equal([[], 0]);
  });

  it('have a heartbeat where nothing changes for an interval', async () => {
    const reader = await opened();
    await timers.tickAsync(2 * HEARTBEAT_MS + 200);
    expect(reader.said).to.deep.equal(['map 100', 'heartbeat', 'heartbeat']);
  });

  it('notice a message that was lost by the next one', async () => {
    const reader = await opened();
    hall.changeUnheard(['held', 3]);
    hall.change(['held', 4]);
    await timers.tickAsync(100);
    expect(reader.said).to.deep.equal(['map 100', 'map 102']);
    expect(reader.replay.taken?.held).to.deep.equal([3, 4]);
  });

  it('notice a message that was lost, and none after it, within 600 ms', async () => {
    const reader = await opened();
    hall.changeUnheard(['held', 3]);
    await timers.tickAsync(600);
    expect(reader.said).to.deep.equal(['map 100', 'map 101']);
    await timers.tickAsync(10_000);
    expect(hall.mapReadings, 'once').to.equal(2);
  });

  it('do not take a message that is late for one that was lost', async () => {
    const reader = await opened();
    for (let round = 0; round < 20; round += 1) {
      const message = hall.changeUnheard(['held', 1 + round]);
      // The look finds the version before the message is there.
      await timers.tickAsync(190);
      hall.say(message);
      await timers.tickAsync(310);
    }
    expect(hall.mapReadings).to.equal(1);
    expect(reader.replay.version).to.equal(hall.version);
  });

  it('have the map again where it was rebuilt', async () => {
    const reader = await opened();
    hall.version = 900n;
    hall.say('900');
    await timers.tickAsync(100);
    expect(reader.said).to.deep.equal(['map 100', 'map 900']);
  });

  it('have the map again where versions began anew below what was heard, also if nobody said so', async () => {
    const reader = await opened();
    hall.version = 7n;
    await timers.tickAsync(400);
    hall.change(['held', 3]);
    await timers.tickAsync(100);
    expect(reader.said).to.deep.equal(['map 100', 'map 7', '7-8 held 3']);
  });

  it('have the map again after a message that this release does not understand', async () => {
    const reader = await opened();
    hall.version = 101n;
    hall.say('101 Z7');
    await timers.tickAsync(100);
    expect(reader.said).to.deep.equal(['map 100', 'map 101']);
    expect(hall.errors).to.have.length(1);
  });

  it('end within 5 seconds for who is not admitted any more, and for nobody else', async () => {
    const [stays, goes] = [await opened(), await opened(claimsWith({ userId: OTHER_USER_ID }))];
    await timers.tickAsync(5_000);
    hall.out.add(OTHER_USER_ID);
    await timers.tickAsync(5_100);
    expect(goes.events.at(-1)).to.deep.equal({ kind: 'end', reason: 'NOT_ADMITTED', reconnectAfterMs: undefined });
    expect([goes.isOver, stays.isOver]).to.deep.equal([true, false]);
  });

  it('are looked at 500 at a time', async () => {
    for (let index = 0; index < 1_001; index += 1) watchSeats(hub);
    await timers.tickAsync(5_100);
    expect(hall.admittedReadings).to.deep.equal([500, 500, 1]);
  });

  for (const [what, known] of [
    ['the map cannot be read', false],
    ['the map is known, but not whether it is true any more', true],
  ] as const) {
    it(`bear it for 5 seconds that ${what}, then are told when to come back`, async () => {
      const early = known ? [await opened()] : [];
      hall.fails = new Error('no answer');
      const readers = [...early, await opened()];
      await timers.tickAsync(4_800);
      expect(readers.map(({ isOver }) => isOver)).not.to.include(true);
      await timers.tickAsync(600);
      for (const reader of readers) {
        expect(reader.events.at(-1)).to.deep.equal({ kind: 'end', reason: 'FAILED', reconnectAfterMs: 200 });
      }
      expect(hall.errors).to.deep.equal([hall.fails]);
      expect(hall.listeners.size).to.equal(0);
    });
  }

  it('bear it for 5 seconds that nobody says who is admitted', async () => {
    const reader = await opened();
    hall.areAdmitted = () => Promise.reject(new Error('no answer'));
    await timers.tickAsync(9_500);
    expect(reader.isOver).to.equal(false);
    await timers.tickAsync(800);
    expect(reader.said.at(-1)).to.equal('FAILED');
  });

  it('go on after failures that end in time, with what changed meanwhile', async () => {
    const reader = await opened();
    for (let outage = 0; outage < 3; outage += 1) {
      hall.fails = new Error('no answer');
      hall.changeUnheard(['held', 1 + outage]);
      await timers.tickAsync(4_500);
      hall.fails = undefined;
      await timers.tickAsync(700);
    }
    expect(reader.said).to.deep.equal(['map 100', 'map 101', 'map 102', 'map 103']);
    expect(hall.errors).to.deep.equal([]);
  });

  it('do not wait for another performance whose map takes long', async () => {
    let waits = 0;
    const read = hall.liveSeats.seatMap;
    const slow = (_concertId: string, performanceId: string) => {
      if (performanceId !== OTHER_PERFORMANCE_ID) return read();
      waits += 1;
      return new Promise<never>(() => undefined);
    };
    Object.assign(hall.liveSeats, { seatMap: slow });
    const waiting = await opened(claimsWith(), OTHER_PERFORMANCE_ID);
    const reader = await opened();
    hall.change(['held', 3]);
    await timers.tickAsync(200);
    expect([waiting.said, waits]).to.deep.equal([[], 1]);
    expect(reader.said).to.deep.equal(['map 100', '100-101 held 3']);
    waiting.cancel();
  });

  it('are told when the instance stops, and when to come back', async () => {
    const readers: SeatReader[] = [await opened(), await opened(claimsWith(), OTHER_PERFORMANCE_ID)];
    hall.findPerformance = () => new Promise(() => undefined);
    readers.push(watchSeats(hub));
    await hub.stop();
    readers.push(watchSeats(hub));
    for (const reader of readers) {
      expect(reader.events.at(-1)).to.deep.equal({ kind: 'end', reason: 'STOPPING', reconnectAfterMs: 200 });
    }
    expect(hall.listeners.size).to.equal(0);
  });

  it('are not opened any more when the performance is found after the instance stopped', async () => {
    const found = Promise.withResolvers<ReturnType<typeof performanceWith>>();
    hall.findPerformance = () => found.promise;
    const reader = watchSeats(hub);
    reader.isFull = true;
    await hub.stop();
    found.resolve(performanceWith());
    await timers.tickAsync(1_000);
    reader.drain();
    expect([reader.said, hall.subscribed]).to.deep.equal([['STOPPING'], 0]);
  });
});
