import { expect } from 'chai';
import fc from 'fast-check';
import { compactUuid, expandUuid, newId } from '../../../src/shared/ids.ts';

describe('a compact UUID', () => {
  it('has 22 characters and expands to the same UUID, of whatever version', () => {
    const bytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(bytes, (raw) => {
        const uuid = Buffer.from(raw)
          .toString('hex')
          .replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
        const compact = compactUuid(uuid);
        expect(compact).to.match(/^[\w-]{22}$/);
        expect(expandUuid(compact)).to.equal(uuid);
      }),
    );
  });

  it('keeps the texts at either end', () => {
    for (const digit of ['0', 'f']) {
      const uuid = '00000000-0000-0000-0000-000000000000'.replaceAll('0', digit);
      expect(expandUuid(compactUuid(uuid))).to.equal(uuid);
    }
  });

  it('is told from texts that are not one', () => {
    for (const text of ['', 'A', 'A'.repeat(21), 'A'.repeat(23), `${'A'.repeat(20)}=${'A'}`, `${'A'.repeat(21)}|`]) {
      expect(() => expandUuid(text), text).to.throw(RangeError);
    }
  });
});

describe('a new id', () => {
  it('is a random UUID', () => {
    expect(newId()).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(newId()).not.to.equal(newId());
  });
});
