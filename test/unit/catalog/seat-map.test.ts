import { expect } from 'chai';
import fc from 'fast-check';
import { SeatMap } from '../../../src/catalog/seat-map.ts';
import { seatMapWith, takenSeats } from '../../support/seats.ts';

describe('a seat map', () => {
  it('has the bit of a seat at its number, the highest bit of a byte first', () => {
    // 1, 7 and 8 are held or sold; 8 is sold.
    const map = new SeatMap({ version: 4n, asOfMs: 5, taken: Uint8Array.of(0x41, 0x80), sold: Uint8Array.of(0, 0x80) });
    expect([1, 2, 6, 7, 8, 9].map((number) => map.stateOf(number))).to.deep.equal([
      'HELD',
      'AVAILABLE',
      'AVAILABLE',
      'HELD',
      'SOLD',
      'AVAILABLE',
    ]);
    expect(map).to.include({ version: 4n, asOfMs: 5 });
  });

  it('has a seat free whose bits Redis never wrote', () => {
    expect(seatMapWith().stateOf(50_000)).to.equal('AVAILABLE');
  });

  it('has a seat that is sold as SOLD, whatever else is known of it', () => {
    const sold = Uint8Array.of(0x40);
    expect(new SeatMap({ version: 1n, asOfMs: 0, taken: sold, sold }).stateOf(1)).to.equal('SOLD');
    expect(new SeatMap({ version: 1n, asOfMs: 0, taken: new Uint8Array(), sold }).stateOf(1)).to.equal('SOLD');
  });

  it('has each seat in the state that it was given', () => {
    const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 200 }));
    fc.assert(
      fc.property(numbers, numbers, (held, sold) => {
        const sorted = (list: readonly number[]) => list.toSorted((a, b) => a - b);
        expect(takenSeats(seatMapWith({ held, sold }), 200)).to.deep.equal({
          held: sorted(held.filter((number) => !sold.includes(number))),
          sold: sorted(sold),
        });
      }),
    );
  });
});
