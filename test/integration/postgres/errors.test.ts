import { expect } from 'chai';
import { translatePostgresError } from '../../../src/infrastructure/postgres/errors.ts';
import { DomainError } from '../../../src/shared/domain-error.ts';

const withCode = (code: string): Error => Object.assign(new Error('text of the store'), { code });

describe('translatePostgresError', () => {
  for (const code of ['55P03', '40001', '40P01']) {
    it(`says of ${code} that another request was in the way`, () => {
      const error = translatePostgresError(withCode(code));
      expect(error).to.include({ reason: 'REQUEST_IN_PROGRESS', retryAfterMs: 500 });
      expect(error?.message).not.to.contain('text of the store');
    });
  }

  for (const code of [
    '57P01',
    '57P02',
    '57P03',
    '08006',
    '08003',
    '57014',
    '53300',
    '25P03',
    'ECONNREFUSED',
    'ECONNRESET',
  ]) {
    it(`says of ${code} that the store is unavailable, with the cause for the log`, () => {
      const cause = withCode(code);
      const error = translatePostgresError(cause);
      expect(error).to.include({ reason: 'STORE_UNAVAILABLE', cause });
      expect(error?.message).not.to.contain('text of the store');
    });
  }

  for (const message of [
    'timeout exceeded when trying to connect',
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'Query read timeout',
  ]) {
    it(`says of "${message}" that the store is unavailable`, () => {
      expect(translatePostgresError(new Error(message))?.reason).to.equal('STORE_UNAVAILABLE');
    });
  }

  it('looks into causes and into the errors of several addresses', () => {
    const wrapped = new Error('outer', { cause: withCode('40P01') });
    expect(translatePostgresError(wrapped)?.reason).to.equal('REQUEST_IN_PROGRESS');
    const several = new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')]);
    expect(translatePostgresError(several)?.reason).to.equal('STORE_UNAVAILABLE');
  });

  it('leaves everything else alone', () => {
    for (const error of [
      withCode('23505'),
      withCode('08P01'),
      new DomainError('INTERNAL', 'x'),
      new TypeError('x'),
      'text',
      undefined,
    ]) {
      expect(translatePostgresError(error)).to.equal(undefined);
    }
  });
});
