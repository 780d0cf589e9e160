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
const COUNT_RULE = 'seat_numbers: must have 1 to 50 entries';
const named = { performanceId: PERFORMANCE_ID, concertId: '', date: '' };
const byDate = { performanceId: '', concertId: CONCERT_ID, date: '2027-03-02' };

function seats(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

describe('a request to hold seats', () => {
  it('names a performance by its id, in any case', () => {
    const request = { ...named, performanceId: PERFORMANCE_ID.toUpperCase(), seatNumbers: [8, 7] };
    expect(checked(holdSeatsRequest, request)).to.deep.equal({
      seatNumbers: [8, 7],
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
    ['no seat', [], [COUNT_RULE]],
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
      const request = { performanceId: '', concertId: '', date: '', ...target, seatNumbers: [7] };
      expect(violationsOf(holdSeatsRequest, request)).to.deep.equal(violations);
    });
  }

  it('has every wrong field named at once', () => {
    const request = { performanceId: 'x', concertId: 'y', date: 'z', seatNumbers: [0] };
    expect(violationsOf(holdSeatsRequest, request)).to.deep.equal([
      'performance_id: must be a UUID',
      'concert_id: must be a UUID',
      'date: must be a date as YYYY-MM-DD',
      `seat_numbers[0]: ${SEAT_RULE}`,
    ]);
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
