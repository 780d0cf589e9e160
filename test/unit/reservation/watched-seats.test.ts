import { expect } from 'chai';
import type { SeatEvent, SeatState } from '../../../src/catalog/index.ts';
import { seatMessageOf } from '../../../src/reservation/seat-changes.ts';
import { SeatWatcher } from '../../../src/reservation/seat-watcher.ts';
import { WatchedSeats } from '../../../src/reservation/watched-seats.ts';
import { claimsWith, NOW_MS } from '../support/builders.ts';
import { FakeClock } from '../support/clock.ts';
import { mapOf, SeatReader } from './support/seat-streams.ts';

const SEATS = 50;

describe('the seats that an instance watches', () => {
  let seats: WatchedSeats;

  beforeEach(() => {
    seats = new WatchedSeats();
  });

  /** A stream of them, as the hub opens it. */
  function open(): SeatReader {
    const clock = new FakeClock(NOW_MS);
    const parts = () => seats.parts();
    const watcher = new SeatWatcher<SeatEvent>(
      claimsWith(),
      clock,
      (event) => event,
      parts,
      () => undefined,
    );
    seats.watchers.add(watcher);
    if (seats.isKnown) watcher.offerMap();
    return new SeatReader(watcher);
  }

  function hear(...messages: readonly string[]): void {
    for (const message of messages) seats.hear(seatMessageOf(message));
  }

  function show(version: bigint, states: Readonly<Record<number, SeatState>> = {}): void {
    seats.show(mapOf(version, states), SEATS);
  }

  it('come as the map, then as changes in order', () => {
    const reader = open();
    show(10n, { 1: 'HELD', 2: 'SOLD' });
    hear('11 H3', '12 R1');
    seats.flush();
    hear('13 S3');
    seats.flush();
    expect(reader.said).to.deep.equal(['map 10', '10-12 held 3 released 1', '12-13 sold 3']);
    expect(reader.replay.taken).to.deep.equal({ held: [], sold: [2, 3] });
  });

  it('are said once where a message comes twice', () => {
    const reader = open();
    show(10n);
    hear('11 H3', '11 H3', '12 R3');
    seats.flush();
    hear('11 H3', '12 R3');
    seats.flush();
    expect(reader.said).to.deep.equal(['map 10', '10-12 released 3']);
  });

  it('are said as what happened last, each seat once, and counted by what it was and is', () => {
    const reader = open();
    show(10n, { 1: 'HELD', 2: 'SOLD' });
    hear('11 H3,4', '12 X1', '13 R3', '14 S4', '15 H3', '16 F2');
    expect(seats.seatsFree).to.equal(48);
    seats.flush();
    expect(reader.said.at(-1)).to.equal('10-16 held 3 expired 1 sold 4 refunded 2');
    expect(seats.seatsFree).to.equal(48);
  });

  it('say nothing where nothing gathered', () => {
    const reader = open();
    show(10n);
    seats.flush();
    expect(reader.said).to.deep.equal(['map 10']);
  });

  it('have to be read again after a gap; what gathered before it is in the map that comes', () => {
    const reader = open();
    show(10n);
    hear('11 H3', '13 H5');
    expect(seats.isKnown).to.equal(false);
    seats.flush();
    seats.expectMap();
    show(13n, { 3: 'HELD', 4: 'HELD', 5: 'HELD' });
    seats.flush();
    expect(reader.said).to.deep.equal(['map 10', 'map 13']);
  });

  it('have to be read again where the map was rebuilt, also with the next version', () => {
    show(10n);
    hear('11');
    expect(seats.isKnown).to.equal(false);
  });

  it('take what is heard while the map is read into account, and nothing twice', () => {
    const reader = open();
    seats.expectMap();
    hear('11 H1', '12 H2', '13 H3');
    show(12n, { 1: 'HELD', 2: 'HELD' });
    seats.flush();
    expect(reader.said).to.deep.equal(['map 12', '12-13 held 3']);
  });

  it('have to be read again where something is missing between the map and what was heard while it was read', () => {
    const reader = open();
    seats.expectMap();
    hear('13 H3');
    show(11n, { 1: 'HELD' });
    expect(seats.isKnown).to.equal(false);
    seats.expectMap();
    show(13n, { 1: 'HELD', 2: 'HELD', 3: 'HELD' });
    expect(seats.isKnown).to.equal(true);
    expect(reader.said).to.deep.equal(['map 11', 'map 13']);
  });

  it('are not read for ever where versions went back: what was heard before the reading does not count', () => {
    hear('5000 H3');
    seats.expectMap();
    show(11n);
    expect(seats.isKnown).to.equal(true);
  });

  it('come to who opens between as they were shown last, and go on the same for all', () => {
    const early = open();
    show(10n);
    hear('11 H1');
    seats.flush();
    hear('12 H2');
    const late = open();
    hear('13 H3');
    seats.flush();
    expect(early.said).to.deep.equal(['map 10', '10-11 held 1', '11-13 held 2,3']);
    expect(late.said).to.deep.equal(['map 11', '11-13 held 2,3']);
    expect(late.replay.taken).to.deep.equal(early.replay.taken);
  });

  it('are made into parts once for all who read the same map', () => {
    show(10n);
    const parts = seats.parts();
    expect(seats.parts()).to.equal(parts);
    hear('11 H1');
    expect(seats.parts(), 'nothing was shown since').to.equal(parts);
    seats.flush();
    expect(seats.parts()[0]?.held).to.deep.equal([1]);
  });

  for (const [count, tiles] of [
    [1, [[1, 1]]],
    [10_000, [[1, 10_000]]],
    [
      10_001,
      [
        [1, 10_000],
        [10_001, 10_001],
      ],
    ],
    [50_000, [0, 1, 2, 3, 4].map((part) => [part * 10_000 + 1, (part + 1) * 10_000])],
  ] as const) {
    it(`are ${tiles.length} parts in a hall of ${count}, of which the last says so`, () => {
      seats.show(mapOf(10n, { 1: 'HELD', [count]: 'SOLD' }), count);
      const parts = seats.parts();
      expect(parts.map(({ firstSeat, lastSeat }) => [firstSeat, lastSeat])).to.deep.equal(tiles);
      expect(parts.map(({ complete }) => complete)).to.deep.equal(tiles.map((_, index) => index === tiles.length - 1));
      expect(parts.at(-1)?.sold).to.deep.equal([count]);
      expect(new Set(parts.map(({ version, seatsFree }) => `${version} ${seatsFree}`)).size).to.equal(1);
    });
  }
});
