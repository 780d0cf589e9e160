import { expect } from 'chai';
import { changeShapeViolations, changeText, changeViolations } from '../../../src/catalog/concert-change.ts';
import type { ConcertChange } from '../../../src/catalog/concert-change.ts';
import { STANDARD_LAYOUT, storedLayout } from '../../../src/catalog/layout.ts';
import { CONCERT_ID, NOW_MS } from '../support/builders.ts';

const [MATINEE, EVENING] = ['7c2d0000-0000-4000-8000-00000000000a', '7c2d0000-0000-4000-8000-00000000000b'];
const later = (ms: number) => new Date(NOW_MS + ms);
const layout = storedLayout(STANDARD_LAYOUT);
const performances = [MATINEE, EVENING].map((id) => ({ id, startsAt: later(1_000), layout }));
const concert = { queueOpensAt: later(-10), saleOpensAt: later(10) };

/** A change of nothing, but for what is given. */
function changeWith(given: Partial<ConcertChange>): ConcertChange {
  return {
    concertId: CONCERT_ID,
    title: undefined,
    venue: undefined,
    queueOpensAt: undefined,
    saleOpensAt: undefined,
    seatsPerUser: undefined,
    seatsPerUserAndPerformance: undefined,
    performances: [],
    newPerformances: [],
    ...given,
  };
}

function changed(performanceId: string, given: Partial<ConcertChange['performances'][number]> = {}) {
  return { performanceId, startsAt: undefined, sectionPrices: [], ...given };
}

function fieldsOf(given: Partial<ConcertChange>, of = performances): readonly string[] {
  return changeViolations(changeWith(given), concert, of, NOW_MS).map(({ field }) => field);
}

describe('a change of a concert', () => {
  it('names what is wrong with it whatever it is made to', () => {
    const twice = [
      { section: 'Floor', price: 1n },
      { section: 'Balcony', price: 1n },
      { section: 'Floor', price: 2n },
    ];
    const change = changeWith({
      performances: [changed(MATINEE), changed(EVENING, { sectionPrices: twice }), changed(MATINEE)],
      newPerformances: [{ startsAt: later(1), layout: { sections: [] } }],
    });
    expect(changeShapeViolations(change).map(({ field }) => field)).to.deep.equal([
      'performances[2].performance_id',
      'performances[1].section_prices[2].section',
      'new_performances[0].layout.sections',
    ]);
  });

  it('may change everything, and nothing', () => {
    const sectionPrices = [{ section: 'Standard', price: 1n }];
    const change: Partial<ConcertChange> = {
      performances: [changed(MATINEE, { startsAt: later(1), sectionPrices })],
      newPerformances: [{ startsAt: later(1), layout: undefined }],
      queueOpensAt: later(5),
      saleOpensAt: later(5),
    };
    for (const given of [change, {}]) {
      expect(changeShapeViolations(changeWith(given))).to.deep.equal([]);
      expect(fieldsOf(given)).to.deep.equal([]);
    }
  });

  it('names every field that does not fit the concert at once', () => {
    const fields = fieldsOf({
      saleOpensAt: later(-11),
      performances: [
        changed(CONCERT_ID, { startsAt: later(-1) }),
        changed(EVENING, {
          startsAt: later(0),
          sectionPrices: [
            { section: 'Standard', price: 1n },
            { section: 'Balcony', price: 1n },
          ],
        }),
      ],
      newPerformances: [
        { startsAt: later(1), layout: undefined },
        { startsAt: later(0), layout: undefined },
      ],
    });
    expect(fields).to.deep.equal([
      'sale_opens_at',
      'performances[0].performance_id',
      'performances[1].starts_at',
      'performances[1].section_prices[1].section',
      'new_performances[1].starts_at',
    ]);
  });

  it('keeps the sale from opening before the queue, whichever of them it sets', () => {
    expect(fieldsOf({ queueOpensAt: later(11) })).to.deep.equal(['queue_opens_at']);
    expect(fieldsOf({ saleOpensAt: later(-11) })).to.deep.equal(['sale_opens_at']);
    expect(fieldsOf({ queueOpensAt: later(20), saleOpensAt: later(19) })).to.deep.equal(['sale_opens_at']);
    expect(fieldsOf({ queueOpensAt: later(20), saleOpensAt: later(20) })).to.deep.equal([]);
  });

  it('may name the time of a performance that has begun where that stays as it is', () => {
    const begun = [{ id: MATINEE, startsAt: later(-1_000), layout }];
    expect(fieldsOf({ performances: [changed(MATINEE, { startsAt: later(-1_000) })] }, begun)).to.deep.equal([]);
    expect(fieldsOf({ performances: [changed(MATINEE, { startsAt: later(-999) })] }, begun)).to.deep.equal([
      'performances[0].starts_at',
    ]);
  });

  it('leaves a concert with at most 100 performances', () => {
    const adding = (count: number) =>
      fieldsOf({ newPerformances: Array.from({ length: count }, () => ({ startsAt: later(1), layout: undefined })) });
    expect(adding(98)).to.deep.equal([]);
    expect(adding(99)).to.deep.equal(['new_performances']);
  });

  it('is the same text for the same request and another for any other', () => {
    const price = { section: 'Standard', price: 2n ** 62n + 1n };
    const changes: Partial<ConcertChange>[] = [
      {},
      { concertId: MATINEE },
      { title: 'X' },
      { venue: 'X' },
      { queueOpensAt: later(1) },
      { saleOpensAt: later(1) },
      { seatsPerUser: 0 },
      { seatsPerUserAndPerformance: 0 },
      { performances: [changed(MATINEE)] },
      { performances: [changed(MATINEE, { startsAt: later(1) })] },
      { performances: [changed(MATINEE, { sectionPrices: [price] })] },
      { performances: [changed(MATINEE, { sectionPrices: [{ ...price, price: 2n ** 62n }] })] },
      { newPerformances: [{ startsAt: later(1), layout: undefined }] },
      { newPerformances: [{ startsAt: later(1), layout: STANDARD_LAYOUT }] },
    ];
    const texts = changes.map((given) => changeText(changeWith(given)));
    expect(new Set(texts).size).to.equal(changes.length);
    expect(changes.map((given) => changeText(changeWith(structuredClone(given))))).to.deep.equal(texts);
  });
});
