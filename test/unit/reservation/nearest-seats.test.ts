import { expect } from 'chai';
import fc from 'fast-check';
import { nearestFreeSeats } from '../../../src/reservation/nearest-seats.ts';
import { seatMapWith } from '../../support/seats.ts';

const none = () => false;

describe('the nearest free seats', () => {
  it('are the six that are closest, the lower one first where two are as close', () => {
    expect(nearestFreeSeats([10], 50, (seat) => seat === 10)).to.deep.equal([9, 11, 8, 12, 7, 13]);
  });

  it('pass over what is taken', () => {
    expect(nearestFreeSeats([10], 50, (seat) => seat >= 8 && seat <= 12)).to.deep.equal([7, 13, 6, 14, 5, 15]);
  });

  it('are near to any of the seats that were wanted', () => {
    const wanted = [2, 40];
    expect(nearestFreeSeats(wanted, 50, (seat) => wanted.includes(seat))).to.deep.equal([1, 3, 39, 41, 4, 38]);
  });

  it('stay within the hall', () => {
    expect(nearestFreeSeats([1], 4, (seat) => seat === 1)).to.deep.equal([2, 3, 4]);
    expect(nearestFreeSeats([4], 4, (seat) => seat === 4)).to.deep.equal([3, 2, 1]);
  });

  it('include a wanted seat that is free itself', () => {
    expect(nearestFreeSeats([3], 5, none)[0]).to.equal(3);
  });

  it('are none where nothing is free', () => {
    expect(nearestFreeSeats([3], 50, () => true)).to.deep.equal([]);
  });

  it('are neither held nor sold in the map of the hall', () => {
    const map = seatMapWith({ held: [10, 12], sold: [9] });
    const isTaken = (number: number) => map.stateOf(number) !== 'AVAILABLE';
    expect(nearestFreeSeats([10], 50, isTaken)).to.deep.equal([11, 8, 7, 13, 6, 14]);
  });

  it('are always free, different, and no farther than any other free seat', () => {
    const seat = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(fc.uniqueArray(seat, { minLength: 1, maxLength: 4 }), fc.uniqueArray(seat), (wanted, taken) => {
        const distance = (number: number) => Math.min(...wanted.map((each) => Math.abs(each - number)));
        const free = Array.from({ length: 60 }, (_, index) => index + 1).filter((each) => !taken.includes(each));
        const found = nearestFreeSeats(wanted, 60, (each) => taken.includes(each));
        expect(found).to.have.length(Math.min(6, free.length));
        expect(new Set(found).size).to.equal(found.length);
        expect(free).to.include.members([...found]);
        const farthest = Math.max(0, ...found.map(distance));
        const others = free.filter((each) => !found.includes(each));
        expect(others.every((each) => distance(each) >= farthest)).to.equal(true);
      }),
    );
  });
});
