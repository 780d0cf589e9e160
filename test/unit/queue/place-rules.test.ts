import { expect } from 'chai';
import fc from 'fast-check';
import { SETTINGS } from '../../../src/config.ts';
import {
  estimatedWaitMs,
  placeOf,
  pollAfterMs,
  reconnectAfterMs,
  refreshAfterMs,
} from '../../../src/queue/place-rules.ts';
import { admittedWith, NOW_MS, snapshotWith } from '../support/builders.ts';

const LAST = 5_000_000;
const AWAY_AFTER_MS = Number(SETTINGS.find(({ name }) => name === 'AWAY_AFTER_MS')?.default);
const HIGHEST_RANDOM = 1 - Number.EPSILON;
const position = fc.integer({ min: 1, max: LAST });
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** How long a waiter at a position is told to wait. */
function pollAt(place: number, jitter: number): number {
  return pollAfterMs({ state: 'WAITING', position: place, awayAfterMs: AWAY_AFTER_MS }, jitter) ?? Number.NaN;
}

describe('the time until the next poll', () => {
  it('is a second for who is next, and longer for each one ahead', () => {
    expect([1, 2, 51, 501].map((place) => pollAt(place, 0))).to.deep.equal([1_000, 1_020, 2_000, 11_000]);
  });

  it('never falls as the position grows', () => {
    fc.assert(
      fc.property(position, position, random, (one, other, jitter) => {
        expect(pollAt(Math.max(one, other), jitter)).to.be.at.least(pollAt(Math.min(one, other), jitter));
      }),
    );
  });

  it('is a second at least and a minute at most, whatever the jitter', () => {
    fc.assert(
      fc.property(position, random, (place, jitter) => {
        expect(pollAt(place, jitter)).to.be.within(1_000, 60_000);
      }),
    );
    expect(pollAt(LAST, HIGHEST_RANDOM)).to.equal(60_000);
  });

  it('is spread by a fifth, so that those who came together do not poll together', () => {
    expect([pollAt(1, 0), pollAt(1, 0.5), pollAt(1, HIGHEST_RANDOM)]).to.deep.equal([1_000, 1_100, 1_200]);
  });

  it('at its longest fits twice into the away time: who polls as told is never set aside', () => {
    expect(2 * pollAt(LAST, HIGHEST_RANDOM)).to.be.at.most(AWAY_AFTER_MS);
    const hasty = { state: 'WAITING', position: LAST, awayAfterMs: 10_000 } as const;
    expect(pollAfterMs(hasty, HIGHEST_RANDOM)).to.equal(5_000);
  });

  it('is the shortest for an admitted place and one set aside', () => {
    for (const state of ['ADMITTED', 'AWAY'] as const)
      expect(pollAfterMs({ state, position: 0, awayAfterMs: AWAY_AFTER_MS }, 0)).to.equal(1_000);
  });

  it('is not given for a place that has ended', () => {
    for (const state of ['COMPLETED', 'EXPIRED', 'LEFT'] as const) {
      expect(pollAfterMs({ state, position: 0, awayAfterMs: AWAY_AFTER_MS }, 0)).to.equal(undefined);
    }
  });
});

describe('the estimated wait', () => {
  it('is the position over the measured pace', () => {
    expect(estimatedWaitMs(snapshotWith({ position: 25, placesPerSecond: 10 }))).to.equal(2_500);
    expect(estimatedWaitMs(snapshotWith({ position: 1, placesPerSecond: 0.3 }))).to.equal(3_333);
  });

  it('is not given where nobody was admitted lately', () => {
    expect(estimatedWaitMs(snapshotWith({ placesPerSecond: 0 }))).to.equal(undefined);
  });

  it('is given while the house fills for the first time to those alone for whom there is room', () => {
    const waits = [30, 31].map((place) => estimatedWaitMs(snapshotWith({ position: place, firstRoom: 30 })));
    expect(waits).to.deep.equal([3_000, undefined]);
  });

  it('is not given to a place that does not wait', () => {
    expect(estimatedWaitMs(admittedWith())).to.equal(undefined);
    expect(estimatedWaitMs(snapshotWith({ state: 'AWAY', position: 0 }))).to.equal(undefined);
  });
});

describe('a place as its user sees it', () => {
  it('counts those ahead: none before the first', () => {
    const ahead = [1, 2, 100].map((place) => placeOf(snapshotWith({ position: place }), 0).ahead);
    expect(ahead).to.deep.equal([0, 1, 99]);
    expect(placeOf(admittedWith(), 0).ahead).to.equal(0);
  });

  it('is sold out at no free seat, and not while the stock is unknown', () => {
    const soldOut = [0, 1, undefined].map((seatsFree) => placeOf(snapshotWith({ seatsFree }), 0).soldOut);
    expect(soldOut).to.deep.equal([true, false, false]);
  });

  it('has what is left of the admission by the clock of Redis, never less than nothing', () => {
    const left = [NOW_MS, NOW_MS + 599_999, NOW_MS + 700_000].map(
      (asOfMs) => placeOf(admittedWith({ asOfMs }), 0).admissionRemainingMs,
    );
    expect(left).to.deep.equal([600_000, 1, 0]);
  });

  it('has no admission while it waits, and keeps all that Redis told', () => {
    const snapshot = snapshotWith();
    expect(placeOf(snapshot, 0)).to.deep.equal({
      ...snapshot,
      ahead: 4,
      soldOut: false,
      estimatedWaitMs: 500,
      admissionRemainingMs: undefined,
      pollAfterMs: 1_080,
    });
  });
});

describe('the time until a stream reads again', () => {
  it('grows with the position, from one second to four', () => {
    expect([0, 1, 1_000].map((place) => refreshAfterMs(place, 0))).to.deep.equal([1_000, 1_001, 2_000]);
    fc.assert(
      fc.property(position, random, (place, jitter) => {
        expect(refreshAfterMs(place, jitter)).to.be.within(1_000, 3_700);
      }),
    );
  });
});

describe('the time until an ended stream is opened again', () => {
  it('is spread over two seconds', () => {
    expect([0, 0.5, HIGHEST_RANDOM].map(reconnectAfterMs)).to.deep.equal([200, 1_100, 2_000]);
  });
});
