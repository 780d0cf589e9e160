import { expect } from 'chai';
import { STANDARD_LAYOUT, type Layout } from '../../../src/catalog/layout.ts';
import { hallOf } from '../../../src/reservation/hall.ts';

const layout: Layout = {
  sections: [
    {
      name: 'Floor',
      price: 120_000n,
      rows: [
        { label: 'A', seatCount: 2 },
        { label: 'B', seatCount: 3 },
      ],
    },
    { name: 'Balcony', price: 80_000n, rows: [{ label: 'B', seatCount: 4 }] },
  ],
};

describe('the hall of a performance', () => {
  it('has the first seat of each row, and one past the last seat', () => {
    expect(hallOf({ layout: STANDARD_LAYOUT }).rowStarts).to.deep.equal([1, 11, 21, 31, 41, 51]);
  });

  it('tells rows of the same label apart by their sections', () => {
    expect(hallOf({ layout }).rowStarts).to.deep.equal([1, 3, 6, 10]);
  });

  it('has the rows and the price of each section, in the order of the layout', () => {
    expect([...hallOf({ layout }).sections]).to.deep.equal([
      ['Floor', { firstRow: 1, lastRow: 2, price: 120_000n }],
      ['Balcony', { firstRow: 3, lastRow: 3, price: 80_000n }],
    ]);
  });

  it('is made once for each layout', () => {
    expect(hallOf({ layout })).to.equal(hallOf({ layout }));
    expect(hallOf({ layout: { ...layout } })).not.to.equal(hallOf({ layout }));
  });
});
