import { expect } from 'chai';
import { seatMessageOf } from '../../../src/reservation/seat-changes.ts';

describe('a message of a seat map', () => {
  it('is a version, and letters with seats', () => {
    expect(seatMessageOf('1764000000123 H7,8 R1 X2 S3 F50000')).to.deep.equal({
      version: 1764000000123n,
      changes: [
        { cause: 'held', seatNumbers: [7, 8] },
        { cause: 'released', seatNumbers: [1] },
        { cause: 'expired', seatNumbers: [2] },
        { cause: 'sold', seatNumbers: [3] },
        { cause: 'refunded', seatNumbers: [50_000] },
      ],
    });
  });

  it('is a version alone where the map was rebuilt', () => {
    expect(seatMessageOf('17')).to.deep.equal({ version: 17n, changes: [] });
  });

  for (const text of ['', 'H7', '-1 H7', '1.5 H7', '17 Q7', '17 H', '17 H7,', '17 H7,x', '17 7', '17  H7', '17 ']) {
    it(`is not '${text}'`, () => {
      expect(() => seatMessageOf(text)).to.throw(TypeError);
    });
  }
});
