import { expect } from 'chai';
import type { z } from 'zod';
import * as rules from '../../../../src/infrastructure/grpc/request-schema.ts';

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

describe('uuid', () => {
  it('takes any case and version and gives lower case', () => {
    for (const text of ['0b9b1f7e-5f5c-4d0a-9a39-3f7f5f2d1c11', '01930AB0-0000-7000-8000-00000000ABCD']) {
      expect(outcome(rules.uuid(), text)).to.equal(text.toLowerCase());
    }
  });

  const uuid = '0b9b1f7e-5f5c-4d0a-9a39-3f7f5f2d1c11';
  refuses(
    rules.uuid(),
    [
      '',
      ' ',
      'x',
      uuid.slice(1),
      `${uuid}0`,
      ` ${uuid}`,
      `${uuid}\n`,
      `{${uuid}}`,
      uuid.replaceAll('-', ''),
      `g${uuid.slice(1)}`,
      7,
      undefined,
      null,
    ],
    'must be a UUID',
  );
});

describe('int32', () => {
  const schema = rules.int32({ min: 1, max: 50 });
  it('takes whole numbers within the range', () => {
    expect([1, 50].map((value) => outcome(schema, value))).to.deep.equal([1, 50]);
  });
  refuses(schema, [0, 51, -1, 1.5, Number.NaN, Infinity, '7', undefined], 'must be a whole number from 1 to 50');

  it('may be left out where it is optional', () => {
    expect(outcome(schema.optional(), undefined)).to.equal(undefined);
  });
});

describe('money', () => {
  const schema = rules.money({ min: 1n, max: 10_000_000n });
  it('takes amounts within the range', () => {
    expect([1n, 10_000_000n].map((value) => outcome(schema, value))).to.deep.equal([1n, 10_000_000n]);
  });
  refuses(schema, [0n, -1n, 10_000_001n, 2n ** 63n - 1n, 5, '5', undefined], 'must be an amount from 1 to 10000000');
});

describe('date', () => {
  it('takes days of the calendar', () => {
    for (const text of ['2027-03-01', '2028-02-29', '0001-01-01', '9999-12-31']) {
      expect(outcome(rules.date(), text)).to.equal(text);
    }
  });
  refuses(
    rules.date(),
    [
      '',
      '2027-02-29',
      '2027-02-30',
      '2027-13-01',
      '2027-00-10',
      '2027-04-31',
      '0000-01-01',
      '2027-3-1',
      '20270301',
      '2027-03-01T00:00:00Z',
      '+002027-03-01',
      '2027-03-01\n',
      7,
    ],
    'must be a date as YYYY-MM-DD',
  );
});

describe('text', () => {
  const schema = rules.text({ min: 1, max: 5 });
  it('counts characters, not bytes or UTF-16 units', () => {
    for (const text of ['a', 'abcde', '콘서트입니', '🎫🎫🎫🎫🎫', ' a ']) expect(outcome(schema, text)).to.equal(text);
  });
  refuses(
    schema,
    [
      '',
      '   ',
      'abcdef',
      '🎫🎫🎫🎫🎫🎫',
      'a\0b',
      'a\nb',
      'a\u007f',
      'a\u0085',
      'a\ufffd',
      'x'.repeat(100_000),
      7,
      undefined,
    ],
    'must be text of 1 to 5 characters without control characters',
  );
  it('may be empty where that is allowed', () => {
    expect(outcome(rules.text({ min: 0, max: 5 }), '')).to.equal('');
  });
});
