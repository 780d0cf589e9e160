import { expect } from 'chai';
import type { z } from 'zod';
import * as rules from '../../../../src/infrastructure/grpc/request-schema.ts';
import { AdmissionPolicy_Mode } from '../../../../src/generated/frontrow/v1/queue.ts';

/** The output, or what is said about the input. */
function outcome(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value);
  return result.success ? result.data : result.error.issues.map(({ path, message }) => `${path.join('.')}|${message}`);
}

function refuses(schema: z.ZodType, values: readonly unknown[], message: string): void {
  for (const value of values) {
    it(`refuses ${typeof value} ${JSON.stringify(String(value).slice(0, 50))}: ${message}`, () => {
      expect(outcome(schema, value)).to.deep.equal([`|${message}`]);
    });
  }
}

describe('a page', () => {
  const size = rules.page().pageSize;
  const token = rules.page().pageToken;
  it('may have any size from 0, which the list caps', () => {
    expect([0, 1, 2_147_483_647].map((value) => outcome(size, value))).to.deep.equal([0, 1, 2_147_483_647]);
  });
  refuses(size, [-1, -2_147_483_648], 'must not be negative');
  it('may be named by a token of up to 512 characters', () => {
    expect(outcome(token, '')).to.equal('');
    expect(outcome(token, 'a'.repeat(512))).to.have.length(512);
  });
  refuses(token, ['a'.repeat(513)], 'must be a next_page_token of this list');
});

describe('durationMs', () => {
  const schema = rules.durationMs({ minMs: 1_000, maxMs: 86_400_000 });
  it('gives milliseconds', () => {
    expect(outcome(schema, { seconds: 1n, nanos: 0 })).to.equal(1_000);
    expect(outcome(schema, { seconds: 86_400n, nanos: 0 })).to.equal(86_400_000);
    expect(outcome(schema, { seconds: 2n, nanos: 500_999_999 })).to.equal(2_500);
  });
  for (const duration of [
    { seconds: 0n, nanos: 999_999_999 },
    { seconds: 86_400n, nanos: 1_000_000 },
    { seconds: -5n, nanos: 0 },
    { seconds: 5n, nanos: -1 },
    { seconds: 5n, nanos: 1_000_000_000 },
    { seconds: 2n ** 63n - 1n, nanos: 0 },
    undefined,
  ]) {
    it(`refuses ${duration?.seconds} s and ${duration?.nanos} ns`, () => {
      expect(outcome(schema, duration)).to.deep.equal(['|must be a duration from 1s to 86400s']);
    });
  }
  it('may be left out where it is optional', () => {
    expect(outcome(schema.optional(), undefined)).to.equal(undefined);
  });
});

describe('timestamp', () => {
  const rule = 'must be a timestamp from the year 1 to the year 9999';
  it('takes the years 1 to 9999', () => {
    const at = new Date('2027-03-01T10:00:00Z');
    expect(outcome(rules.timestamp(), at)).to.equal(at);
  });
  for (const at of [new Date(Number.NaN), new Date('0000-12-31T23:59:59Z'), new Date(253_402_300_800_000), undefined]) {
    it(`refuses ${at?.getTime()}`, () => {
      expect(outcome(rules.timestamp(), at)).to.deep.equal([`|${rule}`]);
    });
  }
});

describe('an enum', () => {
  it('has its members', () => {
    expect(outcome(rules.enumMember(AdmissionPolicy_Mode), 'PAUSED')).to.equal('PAUSED');
    expect(outcome(rules.enumOrUnset(AdmissionPolicy_Mode), 'PAUSED')).to.equal('PAUSED');
  });
  it('that may be left out gives undefined', () => {
    expect(outcome(rules.enumOrUnset(AdmissionPolicy_Mode), 'MODE_UNSPECIFIED')).to.equal(undefined);
  });
  refuses(
    rules.enumMember(AdmissionPolicy_Mode),
    ['MODE_UNSPECIFIED', 'SHUT', 1],
    'must be one of OPEN, PAUSED, DRAINING',
  );
  refuses(rules.enumOrUnset(AdmissionPolicy_Mode), ['SHUT', 'toString'], 'must be one of OPEN, PAUSED, DRAINING');
});

describe('a text field that may be left out', () => {
  it('is undefined then, and under its rule otherwise', () => {
    expect(outcome(rules.orUnset(rules.uuid()), '')).to.equal(undefined);
    expect(outcome(rules.orUnset(rules.date()), '2027-03-01')).to.equal('2027-03-01');
  });
  refuses(rules.orUnset(rules.uuid()), ['x', ' '], 'must be a UUID');
});

describe('a list', () => {
  const schema = rules.listOf(rules.int32({ min: 1, max: 50 }), { min: 1, max: 3 });
  it('gives the outputs of its entries', () => {
    expect(
      outcome(rules.listOf(rules.uuid(), { min: 0, max: 1 }), ['0B9B1F7E-5F5C-4D0A-9A39-3F7F5F2D1C11']),
    ).to.deep.equal(['0b9b1f7e-5f5c-4d0a-9a39-3f7f5f2d1c11']);
  });
  it('names each wrong entry', () => {
    expect(outcome(schema, [0, 7, 51])).to.deep.equal([
      '0|must be a whole number from 1 to 50',
      '2|must be a whole number from 1 to 50',
    ]);
  });
  it('is refused by its length before its entries are looked at', () => {
    expect(outcome(schema, [])).to.deep.equal(['|must have 1 to 3 entries']);
    expect(
      outcome(
        schema,
        Array.from({ length: 50_000 }, () => 0),
      ),
    ).to.deep.equal(['|must have 1 to 3 entries']);
  });
});
