import { expect } from 'chai';
import { placeOf } from '../../../src/queue/place-rules.ts';
import { PlaceWatcher, type WatchEvent } from '../../../src/queue/place-watcher.ts';
import type { PlaceSnapshot } from '../../../src/queue/place.ts';
import { admittedWith, claimsWith, NOW_MS, snapshotWith } from '../support/builders.ts';
import { FakeClock } from '../support/clock.ts';
import { Reader, settled } from './support/streams.ts';

const HEARTBEAT_MS = 15_000;

describe('a watched place', () => {
  let clock: FakeClock;
  let watcher: PlaceWatcher<WatchEvent>;
  let closed: number;

  beforeEach(() => {
    clock = new FakeClock(NOW_MS);
    closed = 0;
    watcher = new PlaceWatcher(
      claimsWith(),
      clock,
      (event) => event,
      () => (closed += 1),
    );
  });

  const offer = (snapshot: PlaceSnapshot) => watcher.offer(snapshot, (reading) => placeOf(reading, 0));
  const read = () => new Reader(watcher);

  /** What is said about a second reading, after a first one. */
  async function saidAfter(first: PlaceSnapshot, second: PlaceSnapshot): Promise<number> {
    const reader = read();
    offer(first);
    await settled();
    offer(second);
    await settled();
    reader.cancel();
    await reader.done;
    return reader.events.length - 1;
  }

  it('has no position before it was read', () => {
    expect(watcher.position).to.equal(undefined);
    offer(snapshotWith({ position: 3 }));
    expect(watcher.position).to.equal(3);
  });

  it('is told when its first reading comes', async () => {
    const reader = read();
    await settled();
    expect(reader.said).to.deep.equal([]);
    offer(snapshotWith());
    await settled();
    expect(reader.said).to.deep.equal(['WAITING 5']);
    reader.cancel();
    await reader.done;
  });

  const visible: readonly [string, PlaceSnapshot, PlaceSnapshot][] = [
    ['the position', snapshotWith(), snapshotWith({ position: 4 })],
    ['the state', snapshotWith(), admittedWith()],
    ['the end of the admission', admittedWith(), admittedWith({ admissionEndsAtMs: NOW_MS + 900_000 })],
    ['the last seat going', snapshotWith(), snapshotWith({ seatsFree: 0 })],
    ['a seat coming back', snapshotWith({ seatsFree: 0 }), snapshotWith({ seatsFree: 1 })],
  ];
  for (const [what, before, after] of visible) {
    it(`is told of ${what}`, async () => {
      expect(await saidAfter(before, after)).to.equal(1);
    });
  }

  const invisible: readonly [string, PlaceSnapshot][] = [
    ['nothing', snapshotWith()],
    ['the time', snapshotWith({ asOfMs: NOW_MS + 5_000 })],
    ['the measured pace', snapshotWith({ placesPerSecond: 3 })],
    ['one free seat of several', snapshotWith({ seatsFree: 49 })],
  ];
  for (const [what, after] of invisible) {
    it(`is not told of ${what}`, async () => {
      expect(await saidAfter(snapshotWith(), after)).to.equal(0);
    });
  }

  it('is the latest one for a reader that was slow', async () => {
    for (const position of [5, 4, 3]) offer(snapshotWith({ position }));
    const reader = read();
    await settled();
    expect(reader.said).to.deep.equal(['WAITING 3']);
    reader.cancel();
    await reader.done;
  });

  it('has one heartbeat after a quiet interval, not before it', async () => {
    const reader = read();
    for (const ms of [HEARTBEAT_MS - 1, 1, 1]) {
      clock.advance(ms);
      watcher.beat(clock.nowMs(), HEARTBEAT_MS);
      await settled();
    }
    expect(reader.events).to.deep.equal([{ kind: 'heartbeat', atMs: NOW_MS + HEARTBEAT_MS }]);
    reader.cancel();
    await reader.done;
  });

  it('needs no heartbeat where a place was told meanwhile', async () => {
    const reader = read();
    clock.advance(HEARTBEAT_MS - 1);
    offer(snapshotWith());
    await settled();
    clock.advance(1);
    watcher.beat(clock.nowMs(), HEARTBEAT_MS);
    await settled();
    expect(reader.said).to.deep.equal(['WAITING 5']);
    reader.cancel();
    await reader.done;
  });

  it('takes the place of a heartbeat that nobody read yet', async () => {
    clock.advance(HEARTBEAT_MS);
    watcher.beat(clock.nowMs(), HEARTBEAT_MS);
    offer(snapshotWith());
    const reader = read();
    await settled();
    expect(reader.said).to.deep.equal(['WAITING 5']);
    reader.cancel();
    await reader.done;
  });

  it('is told before the end, and nothing after the first end', async () => {
    offer(snapshotWith({ state: 'COMPLETED', position: 0 }));
    watcher.end('PLACE_ENDED', undefined);
    watcher.end('STOPPING', 500);
    offer(snapshotWith({ state: 'LEFT', position: 0 }));
    const reader = read();
    await reader.done;
    expect(reader.said).to.deep.equal(['LEFT 0', 'PLACE_ENDED']);
    expect(reader.events.at(-1)).to.deep.equal({ kind: 'end', reason: 'PLACE_ENDED', reconnectAfterMs: undefined });
  });

  it('ends without a word when its caller goes, also with something left in the mailbox', async () => {
    const reader = read();
    offer(snapshotWith());
    await settled();
    reader.cancel();
    offer(snapshotWith({ position: 4 }));
    await reader.done;
    expect(reader.said).to.deep.equal(['WAITING 5']);
  });

  it('is closed once, whether its last message was read or its caller went', async () => {
    watcher.end('STOPPING', 500);
    expect(closed).to.equal(0);
    const reader = read();
    await reader.done;
    reader.cancel();
    await settled();
    expect(closed).to.equal(1);
    expect([watcher.take(), watcher.isOver]).to.deep.equal([undefined, true]);
  });

  it('is the message that its reader wants it to be', () => {
    const told = new PlaceWatcher(
      claimsWith(),
      clock,
      (event) => event.kind,
      () => {},
    );
    told.offer(snapshotWith(), (reading) => placeOf(reading, 0));
    expect(told.take()).to.equal('place');
  });
});
