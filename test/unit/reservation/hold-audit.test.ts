import { expect } from 'chai';
import { faultsOfHold } from '../../../src/reservation/hold-audit.ts';
import type { HoldStanding } from '../../../src/reservation/record-reading.store.ts';

const GRACE_MS = 60_000;
const NOW_MS = 1_000_000;
const RECORD = {
  concertId: 'c',
  reservationId: 'r',
  performanceId: 'p',
  user: 'u',
  state: 'HELD',
  seatNumbers: [7, 8],
};
const HELD: HoldStanding = {
  nowMs: NOW_MS,
  state: 'HELD',
  expiresAtMs: NOW_MS + 1,
  deadlineMs: 0,
  listedMs: 0,
  holders: ['r', 'r'],
};
const PAYING = { ...HELD, state: 'PAYING', expiresAtMs: NOW_MS - 1, deadlineMs: NOW_MS + 5, listedMs: NOW_MS + 5 };

describe('judging a hold', () => {
  const right: Readonly<Record<string, HoldStanding>> = {
    'that lives': HELD,
    'that ran out, without its keys': { ...HELD, expiresAtMs: NOW_MS, holders: ['', ''] },
    'that is being paid': PAYING,
    'that is past its payment deadline for less than a minute': {
      ...PAYING,
      deadlineMs: NOW_MS - GRACE_MS,
      listedMs: NOW_MS - GRACE_MS,
      holders: ['', ''],
    },
    'that is paid': { ...HELD, state: 'PAID', holders: ['', 'other'] },
  };
  for (const [what, standing] of Object.entries(right)) {
    it(`finds nothing in one ${what}`, () => {
      expect(faultsOfHold(RECORD, standing, GRACE_MS)).to.deep.equal([]);
    });
  }

  it('finds one that lost a seat while it lives, and while it is being paid', () => {
    for (const standing of [HELD, PAYING]) {
      const faults = faultsOfHold(RECORD, { ...standing, holders: ['r', 'other'] }, GRACE_MS);
      expect(faults).to.deep.equal([{ about: 'seats', what: `is ${standing.state} without the keys of seats 8` }]);
    }
  });

  it('finds a payment that is overdue for more than a minute', () => {
    const deadlineMs = NOW_MS - GRACE_MS - 1;
    const faults = faultsOfHold(RECORD, { ...PAYING, deadlineMs, listedMs: deadlineMs }, GRACE_MS);
    expect(faults).to.deep.equal([{ about: 'payment', what: 'is being paid, 60001 ms past its deadline' }]);
  });

  it('finds a payment that is not on the list, and what is on it without being paid', () => {
    expect(faultsOfHold(RECORD, { ...PAYING, listedMs: 0 }, GRACE_MS)[0]?.about).to.equal('payment');
    expect(faultsOfHold(RECORD, { ...HELD, listedMs: 5 }, GRACE_MS)[0]?.about).to.equal('payment');
  });
});
