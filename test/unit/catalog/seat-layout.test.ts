import { expect } from 'chai';
import { seatsOf } from '../../../src/catalog/layout.ts';
import type { Layout } from '../../../src/catalog/layout.ts';
import { numberedSections } from '../../../src/catalog/seat-layout.ts';

const rows = (prefix: string, count: number, seatCount: number) =>
  Array.from({ length: count }, (_, index) => ({ label: `${prefix}${index + 1}`, seatCount }));

describe('a hall with numbered rows', () => {
  it('numbers its seats as the seat map does, through rows and sections', () => {
    const layout: Layout = {
      sections: [
        { name: 'Floor', price: 120_000n, rows: [...rows('A', 2, 3), { label: 'B', seatCount: 1 }] },
        { name: 'Balcony', price: 80_000n, rows: rows('A', 2, 5) },
      ],
    };
    const expanded = numberedSections(layout).flatMap(({ name, price, rows: numbered }) =>
      numbered.flatMap(({ label, seatCount, firstSeatNumber }) =>
        Array.from({ length: seatCount }, (_, place) => [
          firstSeatNumber + place,
          name,
          `${label} ${place + 1}`,
          price,
        ]),
      ),
    );
    const seats = seatsOf(layout).map(({ number, section, label, price }) => [number, section, label, price]);
    expect(expanded).to.deep.equal(seats);
  });

  it('stays small however many seats there are', () => {
    const layout: Layout = { sections: [{ name: 'Arena', price: 1n, rows: rows('R', 50, 1_000) }] };
    const [arena] = numberedSections(layout);
    expect(arena?.rows).to.have.length(50);
    expect(arena?.rows.at(-1)).to.deep.equal({ label: 'R50', seatCount: 1_000, firstSeatNumber: 49_001 });
    expect(JSON.stringify(arena?.rows).length).to.be.lessThan(4_096);
  });
});
