import { expect } from 'chai';
import type { SeatChanges, SeatEvent, SeatMapPart } from '../../../src/catalog/index.ts';
import { SeatWatcher } from '../../../src/reservation/seat-watcher.ts';
import { claimsWith, NOW_MS } from '../support/builders.ts';
import { FakeClock } from '../support/clock.ts';
import { SeatReader } from './support/seat-streams.ts';

const NONE = { held: [], released: [], expired: [], sold: [], refunded: [] };

describe('a stream of seats', () => {
  let clock: FakeClock;
  let shown: bigint;
  let partCount: number;
  let closed: number;
  let watcher: SeatWatcher<SeatEvent>;
  let reader: SeatReader;

  beforeEach(() => {
    clock = new FakeClock(NOW_MS);
    shown = 100n;
    partCount = 1;
    closed = 0;
    const onClose = () => void (closed += 1);
    watcher = new SeatWatcher<SeatEvent>(claimsWith(), clock, (event) => event, partsNow, onClose);
    reader = new SeatReader(watcher);
  });

  function partsNow(): readonly SeatMapPart[] {
    return Array.from({ length: partCount }, (_, index) => ({
      kind: 'map',
      version: shown,
      seatsFree: partCount,
      firstSeat: index + 1,
      lastSeat: index + 1,
      complete: index === partCount - 1,
      held: [],
      sold: [],
    }));
  }

  /** The next changes of the performance, which every watcher is offered. */
  function offerNext(count = 1): void {
    for (let index = 0; index < count; index += 1) {
      const changes: SeatChanges = { kind: 'changes', fromVersion: shown, version: shown + 1n, ...NONE, seatsFree: 1 };
      shown += 1n;
      watcher.offerChanges({ ...changes, seatsFree: partCount });
    }
  }

  it('keeps twenty changes for a slow reader', () => {
    watcher.offerMap();
    reader.isFull = true;
    offerNext(20);
    reader.drain();
    expect(reader.said).to.have.length(21);
    expect(reader.replay.version).to.equal(120n);
    expect(reader.replay.maps).to.equal(1);
  });

  it('has the map in the place of more than twenty, as it is when it is read', () => {
    watcher.offerMap();
    reader.isFull = true;
    offerNext(30);
    reader.drain();
    offerNext();
    expect(reader.said).to.deep.equal(['map 100', 'map 130', '130-131']);
  });

  it('keeps nothing for a reader who reads nothing, however long', () => {
    watcher.offerMap();
    reader.isFull = true;
    offerNext(100_000);
    reader.drain();
    expect(reader.said).to.deep.equal(['map 100', 'map 100100']);
  });

  it('gets to the end of a map that it began before the next one comes, so that a slow reader sees whole ones', () => {
    partCount = 3;
    reader.isFull = true;
    watcher.offerMap();
    for (let index = 0; index < 9; index += 1) {
      expect(reader.takeOne()).to.match(/^map/);
      offerNext(21);
    }
    expect(reader.replay.maps).to.equal(3);
  });

  it('begins the map anew where the one that it reads was wrong', () => {
    partCount = 3;
    reader.isFull = true;
    watcher.offerMap();
    reader.takeOne();
    shown = 500n;
    watcher.offerMap();
    reader.drain();
    expect(reader.said).to.deep.equal(['map 100', 'map 500', 'map 500', 'map 500']);
    expect(reader.replay.maps).to.equal(1);
  });

  it('has changes after the parts of the map that they follow', () => {
    partCount = 2;
    reader.isFull = true;
    watcher.offerMap();
    reader.takeOne();
    offerNext();
    reader.drain();
    expect(reader.said).to.deep.equal(['map 100', 'map 100', '100-101']);
  });

  it('has a heartbeat where nothing was said for an interval, and one at a time', () => {
    reader.isFull = true;
    for (let index = 0; index < 3; index += 1) {
      clock.advance(1_000);
      watcher.beat(clock.nowMs(), 1_000);
    }
    reader.drain();
    clock.advance(999);
    watcher.beat(clock.nowMs(), 1_000);
    expect(reader.events).to.deep.equal([{ kind: 'heartbeat', atMs: NOW_MS + 3_000 }]);
  });

  it('has no heartbeat where something else is said', () => {
    watcher.offerMap();
    reader.isFull = true;
    clock.advance(1_000);
    watcher.beat(clock.nowMs(), 1_000);
    offerNext();
    reader.drain();
    expect(reader.said).to.deep.equal(['map 100', '100-101']);
  });

  it('ends at once, whatever waits, with the first reason, and closes once', () => {
    watcher.offerMap();
    reader.isFull = true;
    offerNext();
    watcher.end('NOT_ADMITTED', undefined);
    watcher.end('STOPPING', 200);
    reader.drain();
    watcher.close();
    watcher.offerMap();
    watcher.end('FAILED', 200);
    expect(reader.said).to.deep.equal(['map 100', 'NOT_ADMITTED']);
    expect(watcher.isOver).to.equal(true);
    expect(closed).to.equal(1);
  });

  it('fails before its first message, with the first error', () => {
    const error = new Error('no such performance');
    watcher.fail(error);
    watcher.fail(new Error('another'));
    expect(reader.events).to.deep.equal([]);
    expect(reader.failure).to.equal(error);
    expect(closed).to.equal(1);
  });

  it('says nothing after its reader went away', () => {
    reader.cancel();
    reader.cancel();
    watcher.offerMap();
    offerNext();
    watcher.fail(new Error('too late'));
    expect([reader.said, reader.failure, closed]).to.deep.equal([[], undefined, 1]);
  });
});
