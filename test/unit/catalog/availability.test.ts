import { expect } from 'chai';
import { availableDates, onSaleAt } from '../../../src/catalog/available-dates.ts';
import type { PerformanceView } from '../../../src/catalog/index.ts';
import { seatsOf } from '../../../src/catalog/layout.ts';
import { seatListing, type SeatFilter } from '../../../src/catalog/seat-listing.ts';
import { performanceOn } from '../../../src/catalog/performance-on.ts';
import { seatMapWith } from '../../support/seats.ts';
import { NOW_MS, performanceWith } from '../support/builders.ts';

const performance = (performanceId: string, date: string, priceFrom = 50_000n): PerformanceView =>
  performanceWith({ performanceId, date, startsAt: new Date(`${date}T10:00:00Z`), priceFrom });

const idsOf = (performances: readonly PerformanceView[]) => performances.map(({ performanceId }) => performanceId);

/** What a call throws. */
function refusalIn(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('was not refused');
}

describe('the performances on sale', () => {
  const startsAt = new Date(NOW_MS);
  const performances = [performanceWith({ startsAt })];

  it('are those that have not begun, to the last millisecond', () => {
    const at = (nowMs: number) => idsOf(onSaleAt({ saleOpensAt: new Date(0), performances }, nowMs));
    expect([NOW_MS - 60_000, NOW_MS - 1, NOW_MS].map((nowMs) => at(nowMs).length)).to.deep.equal([1, 1, 0]);
  });

  it('are none before the sale opens, and all from that moment on', () => {
    const saleOpensAt = new Date(NOW_MS - 60_000);
    const at = (nowMs: number) => onSaleAt({ saleOpensAt, performances }, nowMs);
    expect([at(NOW_MS - 60_001).length, at(NOW_MS - 60_000).length]).to.deep.equal([0, 1]);
  });

  it('are the evening alone once the matinee has begun', () => {
    const both = [
      performanceWith({ performanceId: 'matinee', startsAt }),
      performanceWith({ performanceId: 'evening', startsAt: new Date(NOW_MS + 1) }),
    ];
    expect(idsOf(onSaleAt({ saleOpensAt: startsAt, performances: both }, NOW_MS))).to.deep.equal(['evening']);
  });
});

describe('the performance of a date', () => {
  const performances = [
    performance('matinee', '2027-03-01'),
    performance('evening', '2027-03-01'),
    performance('next', '2027-03-02'),
  ];

  it('is the one that the date has', () => {
    expect(performanceOn(performances, '2027-03-02').performanceId).to.equal('next');
  });

  it('is not to be told where there are two, whose ids the refusal has', () => {
    const metadata = { performance_ids: 'matinee,evening' };
    expect(refusalIn(() => performanceOn(performances, '2027-03-01'))).to.deep.include({
      reason: 'DATE_AMBIGUOUS',
      metadata,
    });
  });

  it('is refused where there is none', () => {
    const metadata = { date: '2027-03-03' };
    expect(refusalIn(() => performanceOn(performances, '2027-03-03'))).to.deep.include({
      reason: 'DATE_NOT_FOUND',
      metadata,
    });
  });
});

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
    const map = seatMapWith({ version: 7n, asOfMs: 5, held: [2, 3], sold: [3] });
    const listing = seatListing(performance('a', '2027-03-01'), map, { state: undefined, section: undefined });
    expect(listing).to.include({ version: 7n, asOfMs: 5, seatsFree: 48 });
    expect(listing.seats.slice(0, 4).map((seat) => seat.state)).to.deep.equal([
      'AVAILABLE',
      'HELD',
      'SOLD',
      'AVAILABLE',
    ]);
    expect(listing.seats).to.have.length(50);
  });

  const sections = ['Floor', 'Balcony'].map((name) => ({ name, price: 10n, rows: [{ label: 'A', seatCount: 3 }] }));
  const hall = { ...performance('a', '2027-03-01'), seats: seatsOf({ sections }), seatCount: 6 };
  const map = seatMapWith({ held: [1, 4], sold: [5] });
  const filters: readonly [string, SeatFilter, readonly number[]][] = [
    ['a state', { state: 'AVAILABLE', section: undefined }, [2, 3, 6]],
    ['a section', { state: undefined, section: 'Balcony' }, [4, 5, 6]],
    ['a state and a section', { state: 'HELD', section: 'Floor' }, [1]],
    ['a state that no seat of the section is in', { state: 'SOLD', section: 'Floor' }, []],
  ];
  for (const [what, filter, numbers] of filters) {
    it(`lets ${what} through alone, and counts the free seats of the whole performance`, () => {
      const listing = seatListing(hall, map, filter);
      expect(listing.seats.map(({ number }) => number)).to.deep.equal(numbers);
      expect(listing.seatsFree).to.equal(3);
    });
  }
});
