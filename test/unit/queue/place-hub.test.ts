import { expect } from 'chai';
import { claimsWith, CONCERT_ID, OTHER_CONCERT_ID, USER_ID } from '../support/builders.ts';
import { fakeTimers } from '../support/timers.ts';
import { FakeLine, settled, watch, type Reader } from './support/streams.ts';

const HEARTBEAT_MS = 15_000;

describe('the hub of an instance', () => {
  let line: FakeLine;
  let hub: ReturnType<FakeLine['hub']>;

  beforeEach(() => {
    line = new FakeLine();
    hub = line.hub();
  });

  async function tick(afterMs = 0): Promise<void> {
    line.clock.advance(afterMs);
    await hub.tick();
    await settled();
  }

  async function gone(...readers: readonly Reader[]): Promise<void> {
    for (const reader of readers) reader.cancel();
    await Promise.all(readers.map((reader) => reader.done));
  }

  it('reads the first place at once, without waiting for the next tick', async () => {
    const timers = fakeTimers();
    hub.start();
    await timers.tickAsync(1);
    const reader = watch(hub);
    await timers.tickAsync(1);
    expect(reader.said).to.deep.equal(['WAITING 5']);
    await hub.stop();
    await reader.done;
  });

  it('says what changed and nothing else', async () => {
    const reader = watch(hub);
    await tick();
    await tick(2_000);
    line.put({ position: 4 });
    await tick(2_000);
    expect(reader.said).to.deep.equal(['WAITING 5', 'WAITING 4']);
    await gone(reader);
  });

  it('puts a heartbeat where nothing was said for an interval', async () => {
    const reader = watch(hub);
    await tick();
    await tick(HEARTBEAT_MS);
    await tick(HEARTBEAT_MS - 1);
    expect(reader.said).to.deep.equal(['WAITING 5', 'heartbeat']);
    await gone(reader);
  });

  for (const state of ['COMPLETED', 'EXPIRED', 'LEFT'] as const) {
    it(`ends a stream whose place is ${state}, after saying so`, async () => {
      const reader = watch(hub);
      await tick();
      line.put({ state, position: 0 });
      await tick(2_000);
      await reader.done;
      expect(reader.said).to.deep.equal(['WAITING 5', `${state} 0`, 'PLACE_ENDED']);
    });
  }

  it('keeps a stream open through the admission', async () => {
    const reader = watch(hub);
    line.put({ state: 'ADMITTED', position: 0 });
    await tick();
    line.put({ state: 'COMPLETED', position: 0 });
    await tick(2_000);
    await reader.done;
    expect(reader.said).to.deep.equal(['ADMITTED 0', 'COMPLETED 0', 'PLACE_ENDED']);
  });

  it('tells every stream when it stops, and when to come back', async () => {
    const readers = [watch(hub), watch(hub, claimsWith({ concertId: OTHER_CONCERT_ID }))];
    await tick();
    await hub.stop();
    for (const reader of readers) {
      await reader.done;
      expect(reader.events.at(-1)).to.deep.equal({ kind: 'end', reason: 'STOPPING', reconnectAfterMs: 200 });
    }
  });

  it('tells a stream that is opened after it stopped', async () => {
    await hub.stop();
    const reader = watch(hub);
    await reader.done;
    expect(reader.said).to.deep.equal(['STOPPING']);
    expect(line.listeners.size).to.equal(0);
  });

  it('bears failing readings for five seconds, then tells the streams when to come back', async () => {
    const reader = watch(hub);
    await tick();
    line.fails = new Error('no answer');
    await tick(2_000);
    await tick(4_500);
    expect(reader.said).to.deep.equal(['WAITING 5']);
    expect(line.errors).to.deep.equal([]);
    await tick(500);
    await reader.done;
    expect(reader.events.at(-1)).to.deep.equal({ kind: 'end', reason: 'FAILED', reconnectAfterMs: 200 });
    expect(line.errors).to.deep.equal([line.fails]);
  });

  it('forgets a failure after a good reading', async () => {
    const reader = watch(hub);
    for (let outage = 0; outage < 3; outage += 1) {
      line.fails = new Error('no answer');
      await tick(4_000);
      line.fails = undefined;
      await tick(200);
    }
    expect(reader.said).to.deep.equal(['WAITING 5']);
    await gone(reader);
  });

  it('says to all at once, however far back, that the concert sold out and that a seat came back', async () => {
    line.put({ position: 40_000 });
    const reader = watch(hub);
    await tick();
    line.say(CONCERT_ID, 'stock:0');
    await settled();
    line.say(CONCERT_ID, 'stock:1');
    await settled();
    const told = reader.events.map((event) => event.kind === 'place' && [event.place.seatsFree, event.place.soldOut]);
    expect(told).to.deep.equal([
      [50, false],
      [0, true],
      [1, false],
    ]);
    expect(line.readings, 'without reading any place').to.have.length(1);
    await gone(reader);
  });

  it('says that the line recovers, and when it has', async () => {
    line.put({ recovering: true });
    const reader = watch(hub);
    await tick();
    line.put({ recovering: false });
    await tick(2_000);
    const told = reader.events.map((event) => event.kind === 'place' && event.place.recovering);
    expect(told).to.deep.equal([true, false]);
    await gone(reader);
  });

  it('goes on with the other lines where one fails', async () => {
    const other = claimsWith({ concertId: OTHER_CONCERT_ID });
    const [broken, fine] = [watch(hub), watch(hub, other)];
    const read = line.read;
    line.read = (concertId, claims) =>
      concertId === CONCERT_ID ? Promise.reject(new Error('no answer')) : read(concertId, claims);
    await tick();
    expect([broken.said, fine.said]).to.deep.equal([[], ['WAITING 5']]);
    await gone(broken, fine);
  });

  it('forgets a stream whose caller goes, and the subscription with the last one', async () => {
    const readers = [watch(hub), watch(hub)];
    await tick();
    await gone(...readers.slice(0, 1));
    expect(line.listeners.size).to.equal(1);
    await gone(...readers);
    expect(line.listeners.size).to.equal(0);
    await tick(60_000);
    expect(line.readings).to.have.length(1);
  });

  it('has one subscription a concert, however many watch', async () => {
    const readers = Array.from({ length: 20 }, () => watch(hub));
    readers.push(watch(hub, claimsWith({ concertId: OTHER_CONCERT_ID })));
    await tick();
    expect(line.subscribed).to.equal(2);
    await gone(...readers);
  });

  it('subscribes anew after its last stream had gone', async () => {
    await gone(watch(hub));
    const reader = watch(hub);
    await tick();
    expect(line.subscribed).to.equal(2);
    expect(line.listeners.size).to.equal(1);
    expect(reader.said).to.deep.equal(['WAITING 5']);
    await gone(reader);
  });

  it('reads as the user whose stream it is', async () => {
    const reader = watch(hub);
    await tick();
    expect(line.readings).to.deep.equal([[USER_ID]]);
    await gone(reader);
  });
});
