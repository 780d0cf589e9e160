import { expect } from 'chai';
import { availableDates } from '../../../src/catalog/available-dates.ts';
import type { PerformanceView } from '../../../src/catalog/index.ts';
import { seatListing } from '../../../src/catalog/seat-listing.ts';
import { performanceWith } from '../support/builders.ts';

const performance = (performanceId: string, date: string, priceFrom = 50_000n): PerformanceView =>
  performanceWith({ performanceId, date, startsAt: new Date(`${date}T10:00:00Z`), priceFrom });

describe('available dates', () => {
  it('sum the free seats of a date and name its lowest price', () => {
    const dates = availableDates(
      [performance('matinee', '2027-03-01', 60_000n), performance('evening', '2027-03-01', 40_000n)],
      new Map([['evening', 10]]),
    );
    expect(dates).to.have.length(1);
    expect(dates[0]).to.include({ date: '2027-03-01', seatsFree: 90, priceFrom: 40_000n, currencyCode: 'KRW' });
    expect(dates[0]?.performances.map(({ performanceId, seatsFree }) => [performanceId, seatsFree])).to.deep.equal([
      ['matinee', 50],
      ['evening', 40],
    ]);
  });

  it('leave out performances without a free seat, and dates without such performances', () => {
    const dates = availableDates(
      [performance('a', '2027-03-01'), performance('b', '2027-03-02'), performance('c', '2027-03-02', 10n)],
      new Map([
        ['a', 50],
        ['c', 50],
      ]),
    );
    expect(dates.map((date) => date.date)).to.deep.equal(['2027-03-02']);
    expect(dates[0]?.performances.map((each) => each.performanceId)).to.deep.equal(['b']);
    expect(dates[0]?.priceFrom).to.equal(50_000n);
  });
});

describe('seat listing', () => {
  it('puts the state beside each seat and counts the free ones', () => {
    const map = { version: 7n, asOfMs: 5, held: new Set([2, 3]), sold: new Set([3]) };
    const listing = seatListing(performance('a', '2027-03-01'), map);
    expect(listing).to.include({ version: 7n, asOfMs: 5, seatsFree: 48 });
    expect(listing.seats.slice(0, 4).map((seat) => seat.state)).to.deep.equal([
      'AVAILABLE',
      'HELD',
      'SOLD',
      'AVAILABLE',
    ]);
    expect(listing.seats).to.have.length(50);
  });
});
