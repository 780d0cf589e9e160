import { expect } from 'chai';
import {
  layoutOf,
  layoutViolations,
  lowestPriceOf,
  MAX_SEATS,
  seatCountOf,
  seatsOf,
  STANDARD_LAYOUT,
  storedLayout,
} from '../../../src/catalog/layout.ts';
import type { Layout } from '../../../src/catalog/layout.ts';

const twoSections: Layout = {
  sections: [
    { name: 'Floor', price: 120_000n, rows: [{ label: 'A', seatCount: 2 }] },
    {
      name: 'Balcony',
      price: 80_000n,
      rows: [
        { label: 'A', seatCount: 1 },
        { label: 'B', seatCount: 2 },
      ],
    },
  ],
};

describe('layout', () => {
  it('has in its standard form seats 1 to 50 in five rows of ten at one price', () => {
    const seats = seatsOf(STANDARD_LAYOUT);
    expect(seats.map((seat) => seat.number)).to.deep.equal(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(seats[6]).to.deep.equal({ number: 7, section: 'Standard', row: 'A', label: 'A 7', price: 50_000n });
    expect(seats[49]).to.include({ row: 'E', label: 'E 10' });
    expect(seatCountOf(STANDARD_LAYOUT)).to.equal(50);
    expect(layoutViolations(STANDARD_LAYOUT, 'layout')).to.deep.equal([]);
  });

  it('numbers seats through rows and sections, and labels them by the place in their row', () => {
    expect(seatsOf(twoSections).map(({ number, section, label }) => [number, section, label])).to.deep.equal([
      [1, 'Floor', 'A 1'],
      [2, 'Floor', 'A 2'],
      [3, 'Balcony', 'A 1'],
      [4, 'Balcony', 'B 1'],
      [5, 'Balcony', 'B 2'],
    ]);
    expect(seatCountOf(twoSections)).to.equal(5);
    expect(lowestPriceOf(twoSections)).to.equal(80_000n);
  });

  it('survives JSON, prices beyond what a number holds included', () => {
    const dear = { sections: [{ name: 'X', price: 2n ** 62n + 1n, rows: [{ label: 'A', seatCount: 1 }] }] };
    const json: unknown = JSON.parse(JSON.stringify(storedLayout(dear)));
    expect(layoutOf(json as ReturnType<typeof storedLayout>)).to.deep.equal(dear);
  });

  it('names every wrong field by its path', () => {
    const wrong: Layout = {
      sections: [
        {
          name: 'Floor',
          price: 0n,
          rows: [
            { label: 'A', seatCount: 0 },
            { label: 'A', seatCount: 3 },
          ],
        },
        { name: 'Floor', price: 1n, rows: [] },
        { name: ' ', price: 1n, rows: [{ label: '', seatCount: 1 }] },
      ],
    };
    expect(layoutViolations(wrong, 'performances[2].layout').map((violation) => violation.field)).to.deep.equal([
      'performances[2].layout.sections[0].price',
      'performances[2].layout.sections[0].rows[0].seat_count',
      'performances[2].layout.sections[0].rows[1].label',
      'performances[2].layout.sections[1].name',
      'performances[2].layout.sections[1].rows',
      'performances[2].layout.sections[2].name',
      'performances[2].layout.sections[2].rows[0].label',
    ]);
  });

  it('allows a row label again in another section', () => {
    expect(layoutViolations(twoSections, 'layout')).to.deep.equal([]);
  });

  it('has at least one section and at most the most seats', () => {
    const hall = (seatCount: number): Layout => ({
      sections: [{ name: 'X', price: 1n, rows: [{ label: 'A', seatCount }] }],
    });
    expect(layoutViolations({ sections: [] }, 'layout').map((violation) => violation.field)).to.deep.equal([
      'layout.sections',
    ]);
    expect(layoutViolations(hall(MAX_SEATS), 'layout')).to.deep.equal([]);
    expect(layoutViolations(hall(MAX_SEATS + 1), 'layout').map((violation) => violation.field)).to.deep.equal([
      'layout',
    ]);
  });
});
