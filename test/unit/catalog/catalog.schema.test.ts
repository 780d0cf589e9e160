import { expect } from 'chai';
import { createConcertRequest, listSeatsRequest, updateConcertRequest } from '../../../src/catalog/catalog.schema.ts';
import { ListSeatsRequest_View, Seat_State } from '../../../src/generated/frontrow/v1/catalog.ts';
import { checked } from '../../../src/infrastructure/grpc/checked.ts';
import { CONCERT_ID, PERFORMANCE_ID } from '../support/builders.ts';
import { violationsOf } from '../support/violations.ts';

const NAME_RULE = 'must be text of 1 to 200 characters without control characters';
const TIME_RULE = 'must be a timestamp from the year 1 to the year 9999';
const MONEY_RULE = 'must be an amount from 1 to 1000000000000';
const startsAt = new Date('2027-03-02T10:00:00Z');
const row = { label: 'A', seatCount: 10 };
const section = { name: 'Floor', price: 50_000n, rows: [row] };

const concert = {
  title: 'Opening night',
  venue: 'Hall',
  timeZone: 'Asia/Seoul',
  queueOpensAt: undefined,
  saleOpensAt: undefined,
  seatsPerUser: 0,
  seatsPerUserAndPerformance: 0,
  performances: [{ startsAt, layout: undefined }],
};

/** A concert with one performance in a hall of one section, but for what is given. */
function withSection(given: object): object {
  return { ...concert, performances: [{ startsAt, layout: { sections: [{ ...section, ...given }] } }] };
}

describe('a request to create a concert', () => {
  it('may leave out what has a default', () => {
    expect(violationsOf(createConcertRequest, concert)).to.deep.equal([]);
    expect(violationsOf(createConcertRequest, withSection({}))).to.deep.equal([]);
  });

  const wrong: readonly [string, object, readonly string[]][] = [
    ['no title', { title: '' }, [`title: ${NAME_RULE}`]],
    ['a title of blanks', { title: '   ' }, [`title: ${NAME_RULE}`]],
    ['a NUL in the title', { title: 'Opening\0night' }, [`title: ${NAME_RULE}`]],
    ['a line break in the venue', { venue: 'Hall\n2' }, [`venue: ${NAME_RULE}`]],
    ['a title of 201 characters', { title: 'x'.repeat(201) }, [`title: ${NAME_RULE}`]],
    ['bytes that are not text', { title: 'Opening \u{fffd}' }, [`title: ${NAME_RULE}`]],
    ['no time zone', { timeZone: '' }, ['time_zone: must be text of 1 to 64 characters without control characters']],
    ['a negative seat limit', { seatsPerUser: -1 }, ['seats_per_user: must be a whole number from 0 to 50']],
    ['a seat limit beyond all', { seatsPerUser: 51 }, ['seats_per_user: must be a whole number from 0 to 50']],
    ['a moment that is none', { queueOpensAt: new Date(Number.NaN) }, [`queue_opens_at: ${TIME_RULE}`]],
    ['a moment in the year 10000', { saleOpensAt: new Date(253_402_300_800_000) }, [`sale_opens_at: ${TIME_RULE}`]],
    ['no performance', { performances: [] }, ['performances: must have 1 to 100 entries']],
    [
      '101 performances',
      { performances: Array.from({ length: 101 }, () => ({ startsAt, layout: undefined })) },
      ['performances: must have 1 to 100 entries'],
    ],
    [
      'a performance that never begins',
      {
        performances: [
          { startsAt, layout: undefined },
          { startsAt: undefined, layout: undefined },
        ],
      },
      [`performances[1].starts_at: ${TIME_RULE}`],
    ],
    [
      'a hall without sections',
      { performances: [{ startsAt, layout: { sections: [] } }] },
      ['performances[0].layout.sections: must have 1 to 100 entries'],
    ],
    [
      'several things at once',
      { title: '', venue: '\0', seatsPerUser: -1 },
      [`title: ${NAME_RULE}`, `venue: ${NAME_RULE}`, 'seats_per_user: must be a whole number from 0 to 50'],
    ],
  ];
  for (const [what, given, violations] of wrong) {
    it(`is refused for ${what}`, () => {
      expect(violationsOf(createConcertRequest, { ...concert, ...given })).to.deep.equal(violations);
    });
  }

  const path = 'performances[0].layout.sections[0]';
  const wrongSections: readonly [string, object, readonly string[]][] = [
    ['a price of 0', { price: 0n }, [`${path}.price: ${MONEY_RULE}`]],
    ['a price below 0', { price: -1n }, [`${path}.price: ${MONEY_RULE}`]],
    ['a price of 2^63 − 1', { price: 2n ** 63n - 1n }, [`${path}.price: ${MONEY_RULE}`]],
    ['no row', { rows: [] }, [`${path}.rows: must have 1 to 500 entries`]],
    [
      'a row of no seat',
      { rows: [row, { label: 'B', seatCount: 0 }] },
      [`${path}.rows[1].seat_count: must be a whole number from 1 to 1000`],
    ],
    [
      'a row without a label',
      { rows: [{ label: '', seatCount: 1 }] },
      [`${path}.rows[0].label: must be text of 1 to 20 characters without control characters`],
    ],
    ['no name', { name: '' }, [`${path}.name: must be text of 1 to 50 characters without control characters`]],
  ];
  for (const [what, given, violations] of wrongSections) {
    it(`is refused for a section with ${what}`, () => {
      expect(violationsOf(createConcertRequest, withSection(given))).to.deep.equal(violations);
    });
  }
});

describe('a request to change a concert', () => {
  const nothing = { concertId: CONCERT_ID, performances: [], newPerformances: [] };
  const performance = { performanceId: PERFORMANCE_ID, startsAt: undefined, sectionPrices: [] };

  it('may leave everything out but the concert', () => {
    expect(violationsOf(updateConcertRequest, nothing)).to.deep.equal([]);
    expect(violationsOf(updateConcertRequest, { ...nothing, performances: [performance] })).to.deep.equal([]);
  });

  it('is refused for each field that is set and wrong', () => {
    const wrong = {
      ...nothing,
      title: '',
      venue: ' ',
      saleOpensAt: new Date(Number.NaN),
      seatsPerUser: 51,
      seatsPerUserAndPerformance: -1,
      performances: [
        { ...performance, performanceId: 'x' },
        {
          ...performance,
          sectionPrices: [
            { section: 'Floor', price: 1n },
            { section: '', price: 0n },
          ],
        },
      ],
      newPerformances: [{ startsAt: undefined, layout: undefined }],
    };
    expect(violationsOf(updateConcertRequest, wrong)).to.deep.equal([
      `title: ${NAME_RULE}`,
      `venue: ${NAME_RULE}`,
      `sale_opens_at: ${TIME_RULE}`,
      'seats_per_user: must be a whole number from 0 to 50',
      'seats_per_user_and_performance: must be a whole number from 0 to 50',
      'performances[0].performance_id: must be a UUID',
      'performances[1].section_prices[1].section: must be text of 1 to 50 characters without control characters',
      `performances[1].section_prices[1].price: ${MONEY_RULE}`,
      `new_performances[0].starts_at: ${TIME_RULE}`,
    ]);
  });

  it('is refused for more performances than a concert has', () => {
    const many = { ...nothing, performances: Array.from({ length: 101 }, () => performance) };
    expect(violationsOf(updateConcertRequest, many)).to.deep.equal(['performances: must have 0 to 100 entries']);
  });
});

describe('a request for the seats of a performance', () => {
  const unset = {
    performanceId: '',
    concertId: '',
    date: '',
    state: Seat_State.STATE_UNSPECIFIED,
    section: '',
    view: ListSeatsRequest_View.VIEW_UNSPECIFIED,
  };

  it('names one performance, by id or by concert and date', () => {
    const performanceId = PERFORMANCE_ID;
    expect(checked(listSeatsRequest, { ...unset, performanceId }).target).to.deep.equal({ performanceId });
    const byDate = { concertId: CONCERT_ID, date: '2027-03-02' };
    expect(checked(listSeatsRequest, { ...unset, ...byDate }).target).to.deep.equal(byDate);
  });

  it('asks for all seats with all that there is to say of them, unless it says otherwise', () => {
    const target = { performanceId: PERFORMANCE_ID };
    expect(checked(listSeatsRequest, { ...unset, ...target })).to.deep.equal({
      target,
      filter: { state: undefined, section: undefined },
      view: 'FULL',
    });
    const narrow = { state: Seat_State.HELD, section: 'Floor', view: ListSeatsRequest_View.STATES };
    expect(checked(listSeatsRequest, { ...unset, ...target, ...narrow })).to.deep.equal({
      target,
      filter: { state: 'HELD', section: 'Floor' },
      view: 'STATES',
    });
  });

  const wrong: readonly [string, object, string][] = [
    ['a state that is none', { state: 'UNRECOGNIZED' }, 'state: must be one of AVAILABLE, HELD, SOLD'],
    ['a view that is none', { view: 'UNRECOGNIZED' }, 'view: must be one of FULL, STATES'],
    [
      'a section that no hall can have',
      { section: 'x'.repeat(51) },
      'section: must be text of 1 to 50 characters without control characters',
    ],
  ];
  for (const [what, given, violation] of wrong) {
    it(`is refused for ${what}`, () => {
      const request = { ...unset, performanceId: PERFORMANCE_ID, ...given };
      expect(violationsOf(listSeatsRequest, request)).to.deep.equal([violation]);
    });
  }

  it('is refused where it names half of one, or none', () => {
    const half = [{ concertId: CONCERT_ID }, { date: '2027-03-02' }, {}];
    expect(half.map((given) => violationsOf(listSeatsRequest, { ...unset, ...given }))).to.deep.equal([
      ['date: must be set beside concert_id'],
      ['concert_id: must be set beside date'],
      ['performance_id: must be set, or concert_id and date'],
    ]);
  });
});
