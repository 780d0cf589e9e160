import { expect } from 'chai';
import { openingTimes, requestText, shapeViolations, timeViolations } from '../../../src/catalog/new-concert.ts';
import type { NewConcert } from '../../../src/catalog/new-concert.ts';

const nowMs = Date.parse('2027-01-01T00:00:00Z');
const concert: NewConcert = {
  title: 'First Light',
  venue: 'Olympic Hall',
  timeZone: 'Asia/Seoul',
  queueOpensAt: undefined,
  saleOpensAt: undefined,
  seatsPerUser: 0,
  seatsPerUserAndPerformance: 0,
  performances: [{ startsAt: new Date('2027-03-01T10:00:00Z'), layout: undefined }],
};

describe('new concert', () => {
  it('opens its queue at once and its sale with the queue where it does not say', () => {
    expect(openingTimes(concert, nowMs)).to.deep.equal({ queueOpensAtMs: nowMs, saleOpensAtMs: nowMs });
    const later = { ...concert, queueOpensAt: new Date(nowMs + 5_000) };
    expect(openingTimes(later, nowMs).saleOpensAtMs).to.equal(nowMs + 5_000);
  });

  it('is right as it stands', () => {
    expect([...shapeViolations(concert), ...timeViolations(concert, nowMs)]).to.deep.equal([]);
  });

  it('names its wrong time zone and layouts', () => {
    const wrong = {
      ...concert,
      timeZone: 'Mars/Olympus',
      performances: [...concert.performances, { startsAt: new Date(nowMs + 1), layout: { sections: [] } }],
    };
    expect(shapeViolations(wrong).map((violation) => violation.field)).to.deep.equal([
      'time_zone',
      'performances[1].layout.sections',
    ]);
  });

  it('names a sale before the queue and performances that have begun', () => {
    const wrong = {
      ...concert,
      queueOpensAt: new Date(nowMs + 2),
      saleOpensAt: new Date(nowMs + 1),
      performances: [...concert.performances, { startsAt: new Date(nowMs), layout: undefined }],
    };
    expect(timeViolations(wrong, nowMs).map((violation) => violation.field)).to.deep.equal([
      'sale_opens_at',
      'performances[1].starts_at',
    ]);
  });

  it('is the same text for the same request and another for any other', () => {
    const layout = { sections: [{ name: 'X', price: 2n, rows: [{ label: 'A', seatCount: 1 }] }] };
    const startsAt = new Date('2027-03-01T10:00:00Z');
    const others: NewConcert[] = [
      { ...concert, title: 'Second Light' },
      { ...concert, seatsPerUser: 2 },
      { ...concert, queueOpensAt: new Date(nowMs) },
      { ...concert, saleOpensAt: new Date(nowMs) },
      { ...concert, performances: [{ startsAt, layout }] },
      { ...concert, performances: [{ startsAt: new Date(startsAt.getTime() + 1), layout: undefined }] },
    ];
    const texts = [concert, ...others].map(requestText);
    expect(new Set(texts).size).to.equal(texts.length);
    expect(requestText(structuredClone(concert))).to.equal(requestText(concert));
  });
});
