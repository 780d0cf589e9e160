import { expect } from 'chai';
import { changedPolicy, type PolicyChange } from '../../../src/queue/admission-policy.ts';
import { policyWith } from '../support/builders.ts';

const other: Required<PolicyChange> = {
  mode: 'PAUSED',
  capacity: 0,
  ratePerSecond: 0,
  burst: 1,
  admissionTtlMs: 1_000,
  awayAfterMs: 2_000,
  awayTtlMs: 3_000,
  seatHeadroomPercent: 150,
};

describe('a changed policy', () => {
  for (const field of Object.keys(other) as (keyof PolicyChange)[]) {
    it(`has the new ${field} and the old rest`, () => {
      const changed = changedPolicy(policyWith(), { [field]: other[field] });
      expect(changed).to.deep.equal({ ...policyWith(), [field]: other[field], revision: 1 });
    });
  }

  it('is the old one but for its revision where nothing is set', () => {
    expect(changedPolicy(policyWith(), {})).to.deep.equal(policyWith({ revision: 1 }));
    expect(changedPolicy(policyWith(), { capacity: undefined, mode: undefined })).to.deep.equal(
      policyWith({ revision: 1 }),
    );
  });

  it('takes zero for what it is', () => {
    expect(changedPolicy(policyWith({ revision: 6 }), other)).to.deep.equal({ ...other, revision: 7 });
  });
});
