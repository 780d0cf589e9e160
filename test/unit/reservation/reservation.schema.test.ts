import { expect } from 'chai';
import { checked } from '../../../src/infrastructure/grpc/checked.ts';
import {
  holdSeatsRequest,
  listReservationsRequest,
  reservationRequest,
} from '../../../src/reservation/reservation.schema.ts';
import { CONCERT_ID, PERFORMANCE_ID, RESERVATION_ID } from '../support/builders.ts';
import { violationsOf } from '../support/violations.ts';

const SEAT_RULE = 'must be a whole number from 1 to 50000';
const COUNT_RULE = 'seat_numbers: must have 0 to 50 entries';
const BEST_RULE = 'must be a whole number from 1 to 50';
const NO_SEAT = 'seat_numbers: must name a seat, or best be set';
const named = { performanceId: PERFORMANCE_ID, concertId: '', date: '', seatNumbers: [], replaceReservationId: '' };
const byDate = { ...named, performanceId: '', concertId: CONCERT_ID, date: '2027-03-02' };

function seats(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

describe('a request to hold seats', () => {
  it('names a performance by its id, in any case', () => {
    const request = { ...named, performanceId: PERFORMANCE_ID.toUpperCase(), seatNumbers: [8, 7] };
    expect(checked(holdSeatsRequest, request)).to.deep.equal({
      wanted: [8, 7],
      replaceReservationId: undefined,
      target: { performanceId: PERFORMANCE_ID },
    });
  });

  it('or by concert and date', () => {
    expect(checked(holdSeatsRequest, { ...byDate, seatNumbers: [1] }).target).to.deep.equal({
      concertId: CONCERT_ID,
      date: '2027-03-02',
    });
  });

  it('may be for 50 seats, up to the last number that a hall can have', () => {
    expect(violationsOf(holdSeatsRequest, { ...named, seatNumbers: seats(50) })).to.deep.equal([]);
    expect(violationsOf(holdSeatsRequest, { ...named, seatNumbers: [1, 50_000] })).to.deep.equal([]);
  });

  const wrongSeats: readonly [string, readonly unknown[], readonly string[]][] = [
    ['seat 0', [0], [`seat_numbers[0]: ${SEAT_RULE}`]],
    ['seat −1', [7, -1], [`seat_numbers[1]: ${SEAT_RULE}`]],
    ['seat 50,001', [50_001], [`seat_numbers[0]: ${SEAT_RULE}`]],
    ['half a seat', [1.5], [`seat_numbers[0]: ${SEAT_RULE}`]],
    ['a seat as text', ['7'], [`seat_numbers[0]: ${SEAT_RULE}`]],
    ['two wrong seats', [0, 7, 50_001], [`seat_numbers[0]: ${SEAT_RULE}`, `seat_numbers[2]: ${SEAT_RULE}`]],
    ['a seat twice', [7, 8, 7], ['seat_numbers[2]: must name each seat once']],
    ['a seat three times', [7, 7, 7], [1, 2].map((index) => `seat_numbers[${index}]: must name each seat once`)],
    ['no seat', [], [NO_SEAT]],
    ['51 seats', seats(51), [COUNT_RULE]],
    ['10,000 seats', seats(10_000), [COUNT_RULE]],
    ['10,000 times the same wrong seat', seats(10_000).fill(0), [COUNT_RULE]],
  ];
  for (const [what, seatNumbers, violations] of wrongSeats) {
    it(`is refused for ${what}`, () => {
      expect(violationsOf(holdSeatsRequest, { ...named, seatNumbers })).to.deep.equal(violations);
    });
  }

  const wrongTargets: readonly [string, object, readonly string[]][] = [
    ['nothing', {}, ['performance_id: must be set, or concert_id and date']],
    ['a concert without a date', { concertId: CONCERT_ID }, ['date: must be set beside concert_id']],
    ['a date without a concert', { date: '2027-03-02' }, ['concert_id: must be set beside date']],
    [
      'an id and a concert',
      { performanceId: PERFORMANCE_ID, concertId: CONCERT_ID },
      ['performance_id: must stand alone: the performance is named by its id, or by concert_id and date'],
    ],
    [
      'an id and a date',
      { performanceId: PERFORMANCE_ID, date: '2027-03-02' },
      ['performance_id: must stand alone: the performance is named by its id, or by concert_id and date'],
    ],
    ['an id that is none', { performanceId: '7' }, ['performance_id: must be a UUID']],
    [
      'a concert that is none, on a day that is none',
      { concertId: "' or 1=1", date: '2027-02-30' },
      ['concert_id: must be a UUID', 'date: must be a date as YYYY-MM-DD'],
    ],
  ];
  for (const [what, target, violations] of wrongTargets) {
    it(`is refused where it names ${what}`, () => {
      const request = { ...named, performanceId: '', seatNumbers: [7], ...target };
      expect(violationsOf(holdSeatsRequest, request)).to.deep.equal(violations);
    });
  }

  it('has every wrong field named at once', () => {
    const request = {
      performanceId: 'x',
      concertId: 'y',
      date: 'z',
      seatNumbers: [0],
      best: { count: 51, section: '' },
      replaceReservationId: 'w',
    };
    expect(violationsOf(holdSeatsRequest, request)).to.deep.equal([
      'performance_id: must be a UUID',
      'concert_id: must be a UUID',
      'date: must be a date as YYYY-MM-DD',
      `seat_numbers[0]: ${SEAT_RULE}`,
      `best.count: ${BEST_RULE}`,
      'replace_reservation_id: must be a UUID',
    ]);
  });

  it('may name a reservation that it replaces, in any case', () => {
    const request = { ...named, seatNumbers: [7], replaceReservationId: RESERVATION_ID.toUpperCase() };
    expect(checked(holdSeatsRequest, request).replaceReservationId).to.equal(RESERVATION_ID);
  });
});

describe('a request to hold the best seats', () => {
  it('says how many, and in which section or in any', () => {
    expect(checked(holdSeatsRequest, { ...named, best: { count: 2, section: '' } }).wanted).to.deep.equal({
      count: 2,
      section: undefined,
    });
    const best = { count: 50, section: 'Floor' };
    expect(checked(holdSeatsRequest, { ...named, best }).wanted).to.deep.equal(best);
  });

  const wrong: readonly [string, object, string][] = [
    ['none', { count: 0 }, `best.count: ${BEST_RULE}`],
    ['51', { count: 51 }, `best.count: ${BEST_RULE}`],
    ['fewer than none', { count: -1 }, `best.count: ${BEST_RULE}`],
    ['half a seat', { count: 1.5 }, `best.count: ${BEST_RULE}`],
    [
      'a section that no hall can have',
      { section: 'x'.repeat(51) },
      'best.section: must be text of 1 to 50 characters without control characters',
    ],
  ];
  for (const [what, given, violation] of wrong) {
    it(`is refused for ${what}`, () => {
      const best = { count: 2, section: '', ...given };
      expect(violationsOf(holdSeatsRequest, { ...named, best })).to.deep.equal([violation]);
    });
  }

  it('is refused where it names seats besides', () => {
    const request = { ...named, seatNumbers: [7], best: { count: 1, section: '' } };
    expect(violationsOf(holdSeatsRequest, request)).to.deep.equal(['best: must not be set beside seat_numbers']);
  });
});

describe('a request that names a reservation', () => {
  it('takes its id in any case', () => {
    const upper = { reservationId: RESERVATION_ID.toUpperCase() };
    expect(checked(reservationRequest, upper)).to.deep.equal({ reservationId: RESERVATION_ID });
  });

  for (const reservationId of ['', '7', `${RESERVATION_ID} `, `${RESERVATION_ID}\0`, '{hash}']) {
    it(`is refused for ${JSON.stringify(reservationId)}`, () => {
      expect(violationsOf(reservationRequest, { reservationId })).to.deep.equal(['reservation_id: must be a UUID']);
    });
  }
});

describe('a request for a page of reservations', () => {
  it('may leave everything out, and may ask for more than there is on a page', () => {
    for (const pageSize of [0, 1, 2_147_483_647]) {
      expect(violationsOf(listReservationsRequest, { pageSize, pageToken: '' })).to.deep.equal([]);
    }
  });

  it('is refused for a negative size and a token of no list', () => {
    const request = { pageSize: -1, pageToken: 'x'.repeat(513) };
    expect(violationsOf(listReservationsRequest, request)).to.deep.equal([
      'page_size: must not be negative',
      'page_token: must be a next_page_token of this list',
    ]);
  });
});
