import { expect } from 'chai';
import { faultsOfRows, faultsOfSeat } from '../../../src/reservation/hall-audit.ts';
import type { SeatReading } from '../../../src/reservation/hall-reading.store.ts';
import { bitsOf } from '../../support/seats.ts';

const NOW_MS = 1_000;
const free: SeatReading = {
  number: 1,
  holder: undefined,
  keptUntilMs: 0,
  indexedUntilMs: 0,
  sold: false,
  taken: false,
};
const held = { ...free, holder: 'r', keptUntilMs: 2_000, indexedUntilMs: 2_000, taken: true };
const sold = { ...free, sold: true, taken: true };

describe('judging a seat of a hall', () => {
  const right: Readonly<Record<string, SeatReading>> = {
    'that is free': free,
    'that is held': held,
    'whose hold ran out and was not taken off the index': {
      ...held,
      holder: undefined,
      keptUntilMs: 0,
      indexedUntilMs: 900,
    },
    'that is sold': sold,
    'that is sold while somebody else has its key': { ...sold, holder: 'r', keptUntilMs: 2_000 },
  };
  for (const [what, seat] of Object.entries(right)) {
    it(`finds nothing in one ${what}`, () => {
      expect(faultsOfSeat(seat, NOW_MS)).to.deep.equal([]);
    });
  }

  const wrong: Readonly<Record<string, [SeatReading, string]>> = {
    'that is sold and held': [{ ...sold, indexedUntilMs: 2_000 }, 'is sold and held in the index'],
    'whose key outlives the index': [
      { ...held, keptUntilMs: 2_001 },
      'is held until 2000 in the index, until 2001 by its key',
    ],
    'that is free and marked': [{ ...free, taken: true }, 'is taken without a reason'],
    'that is sold and not marked': [{ ...sold, taken: false }, 'is not marked as taken'],
  };
  for (const [what, [seat, fault]] of Object.entries(wrong)) {
    it(`finds one ${what}`, () => {
      expect(faultsOfSeat(seat, NOW_MS)).to.deep.equal([fault]);
    });
  }
});

describe('judging the rows of a hall', () => {
  const hall = { rowStarts: [1, 71, 81], sections: new Map() };
  const rows = Buffer.from([0, 1, 0, 71, 0, 81]);
  const taken = bitsOf([73, 74]);

  it('finds nothing where each row has its longest run, of 63 seats at most', () => {
    expect(faultsOfRows(hall, { runs: Buffer.from([255, 192 + 6]), rows, taken })).to.deep.equal([]);
  });

  it('finds the row with another run', () => {
    const faults = faultsOfRows(hall, { runs: Buffer.from([255, 192 + 10]), rows, taken });
    expect(faults).to.deep.equal(['row 2 has the run 10, not 6']);
  });

  it('finds other rows than those of the layout', () => {
    const faults = faultsOfRows(hall, { runs: Buffer.from([255]), rows: rows.subarray(2), taken });
    expect(faults).to.deep.equal(['has other rows than its layout']);
  });
});
