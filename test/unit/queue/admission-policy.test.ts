import { expect } from 'chai';
import { changedPolicy, type AdmissionPolicy } from '../../../src/queue/admission-policy.ts';
import { policyWith } from '../support/builders.ts';

const other: AdmissionPolicy = {
  mode: 'PAUSED',
  capacity: 0,
  ratePerSecond: 0,
  burst: 1,
  admissionTtlMs: 1_000,
  awayAfterMs: 2_000,
  awayTtlMs: 3_000,
};

describe('a changed policy', () => {
  for (const field of Object.keys(other) as (keyof AdmissionPolicy)[]) {
    it(`has the new ${field} and the old rest`, () => {
      const changed = changedPolicy(policyWith(), { [field]: other[field] });
      expect(changed).to.deep.equal({ ...policyWith(), [field]: other[field] });
    });
  }

  it('is the old one where nothing is set', () => {
    expect(changedPolicy(policyWith(), {})).to.deep.equal(policyWith());
    expect(changedPolicy(policyWith(), { capacity: undefined, mode: undefined })).to.deep.equal(policyWith());
  });

  it('takes zero for what it is', () => {
    expect(changedPolicy(policyWith(), other)).to.deep.equal(other);
  });
});
