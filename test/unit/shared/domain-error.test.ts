import { expect } from 'chai';
import { DomainError, invalidRequest, storeUnavailable } from '../../../src/shared/domain-error.ts';
import { REASONS } from '../../../src/shared/reasons.ts';

describe('a refusal', () => {
  it('has a reason and a text, and nothing else unless it is told', () => {
    const error = new DomainError('HOLD_EXPIRED', 'The hold has expired.');
    expect(error).to.be.instanceOf(Error);
    expect(error).to.include({ name: 'DomainError', reason: 'HOLD_EXPIRED', message: 'The hold has expired.' });
    expect(error).to.deep.include({ metadata: {}, retryAfterMs: undefined, violations: [], cause: undefined });
  });

  it('keeps its cause apart from its text', () => {
    const cause = new Error('password of the database');
    const error = storeUnavailable(cause);
    expect(error.cause).to.equal(cause);
    expect(error.message).not.to.include('password');
    expect(error).to.include({ reason: 'STORE_UNAVAILABLE', retryAfterMs: 1_000 });
  });

  it('of a request names every wrong field, in a text of bounded length', () => {
    const violations = ['seat_numbers[0]', 'date'].map((field) => ({ field, description: 'must be right' }));
    expect(invalidRequest(violations)).to.deep.include({ reason: 'INVALID_REQUEST', violations });
    expect(invalidRequest(violations).message).to.equal('Invalid: seat_numbers[0], date.');
    const many = Array.from({ length: 1_000 }, () => ({ field: 'seat_numbers', description: 'must be right' }));
    expect(invalidRequest(many).message).to.have.length(500);
  });

  it('has one of the known reasons, each of which is named once', () => {
    expect(new Set(REASONS).size).to.equal(REASONS.length);
    for (const reason of REASONS) expect(reason).to.match(/^[A-Z]+(_[A-Z]+)*$/);
  });
});
