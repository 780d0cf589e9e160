import { expect } from 'chai';
import { checked } from '../../../src/infrastructure/grpc/checked.ts';
import {
  concertRequest,
  emptyRequest,
  issueTokenRequest,
  updateAdmissionPolicyRequest,
  watchPositionRequest,
} from '../../../src/queue/queue.schema.ts';
import { CONCERT_ID, USER_ID } from '../support/builders.ts';
import { violationsOf } from '../support/violations.ts';

const unset = { concertId: CONCERT_ID, mode: 'MODE_UNSPECIFIED' };

function duration(seconds: bigint, nanos = 0): object {
  return { seconds, nanos };
}

describe('a request for a queue token', () => {
  it('names concert and user, in any case', () => {
    const request = { concertId: CONCERT_ID.toUpperCase(), userId: USER_ID.toUpperCase() };
    expect(checked(issueTokenRequest, request)).to.deep.equal({ concertId: CONCERT_ID, userId: USER_ID });
  });

  it('takes ids of any version', () => {
    for (const digit of ['0', '1', 'f']) {
      const id = '00000000-0000-0000-0000-000000000000'.replaceAll('0', digit);
      expect(violationsOf(issueTokenRequest, { concertId: id, userId: id })).to.deep.equal([]);
    }
  });

  it('is refused for ids that are none, both named', () => {
    expect(violationsOf(issueTokenRequest, { concertId: '', userId: `${USER_ID.slice(1)}` })).to.deep.equal([
      'concert_id: must be a UUID',
      'user_id: must be a UUID',
    ]);
    expect(violationsOf(concertRequest, { concertId: '*' })).to.deep.equal(['concert_id: must be a UUID']);
  });
});

describe('a request whose token says it all', () => {
  it('is right as it is', () => {
    expect(violationsOf(emptyRequest, {})).to.deep.equal([]);
    expect(violationsOf(watchPositionRequest, { accessToken: '' })).to.deep.equal([]);
  });
});

describe('a request to change the policy', () => {
  it('may set nothing: then nothing changes', () => {
    expect(checked(updateAdmissionPolicyRequest, unset)).to.deep.equal({ concertId: CONCERT_ID, mode: undefined });
  });

  it('sets what it names, times in milliseconds', () => {
    const request = {
      concertId: CONCERT_ID,
      mode: 'PAUSED',
      capacity: 0,
      ratePerSecond: 0,
      burst: 1,
      admissionTtl: duration(1n),
      awayAfter: duration(86_400n),
      awayTtl: duration(1n, 500_000_000),
    };
    expect(checked(updateAdmissionPolicyRequest, request)).to.deep.equal({
      ...request,
      admissionTtl: 1_000,
      awayAfter: 86_400_000,
      awayTtl: 1_500,
    });
  });

  const durationRule = 'must be a duration from 1s to 86400s';
  const wrong: readonly [string, object, readonly string[]][] = [
    ['an unknown mode', { mode: 'SHUT' }, ['mode: must be one of OPEN, PAUSED, DRAINING']],
    ['a mode by its number', { mode: -1 }, ['mode: must be one of OPEN, PAUSED, DRAINING']],
    ['a negative capacity', { capacity: -1 }, ['capacity: must be a whole number from 0 to 1000000']],
    ['a capacity beyond all', { capacity: 1_000_001 }, ['capacity: must be a whole number from 0 to 1000000']],
    ['a negative rate', { ratePerSecond: -1 }, ['rate_per_second: must be a whole number from 0 to 100000']],
    ['a rate beyond all', { ratePerSecond: 100_001 }, ['rate_per_second: must be a whole number from 0 to 100000']],
    ['a burst of none', { burst: 0 }, ['burst: must be a whole number from 1 to 1000000']],
    ['no time', { admissionTtl: duration(0n) }, [`admission_ttl: ${durationRule}`]],
    ['less than a second', { awayAfter: duration(0n, 999_999_999) }, [`away_after: ${durationRule}`]],
    ['more than a day', { awayTtl: duration(86_400n, 1_000_000) }, [`away_ttl: ${durationRule}`]],
    ['a time that runs back', { awayTtl: duration(-60n) }, [`away_ttl: ${durationRule}`]],
    ['a time of two signs', { awayTtl: duration(60n, -1) }, [`away_ttl: ${durationRule}`]],
    ['a time beyond all', { admissionTtl: duration(2n ** 63n - 1n) }, [`admission_ttl: ${durationRule}`]],
    [
      'several things at once',
      { concertId: 'x', mode: 'SHUT', capacity: -1, awayTtl: duration(0n) },
      [
        'concert_id: must be a UUID',
        'mode: must be one of OPEN, PAUSED, DRAINING',
        'capacity: must be a whole number from 0 to 1000000',
        `away_ttl: ${durationRule}`,
      ],
    ],
  ];
  for (const [what, given, violations] of wrong) {
    it(`is refused for ${what}`, () => {
      expect(violationsOf(updateAdmissionPolicyRequest, { ...unset, ...given })).to.deep.equal(violations);
    });
  }
});
