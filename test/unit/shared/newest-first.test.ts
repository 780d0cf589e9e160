import { expect } from 'chai';
import { DomainError } from '../../../src/shared/domain-error.ts';
import { newestFirst } from '../../../src/shared/newest-first.ts';

const createdAt = new Date('2027-01-04T10:00:00.123Z');
const ids = ['3', '2', '1'].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`);
const [first = '', second = ''] = ids;

describe('a list that is newest first', () => {
  it('reads one row more than the page has, in the order of time and id', () => {
    const { after, options } = newestFirst({ pageSize: 2, pageToken: '' });
    expect(after).to.deep.equal({});
    expect(options).to.deep.equal({ orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], limit: 3 });
  });

  it('goes on after the last row of the page, among rows of the same moment too', () => {
    const page = newestFirst({ pageSize: 2, pageToken: '' }).toPage(ids.map((id) => ({ id, createdAt })));
    expect(page.items.map(({ id }) => id)).to.deep.equal([first, second]);
    const { after } = newestFirst({ pageSize: 2, pageToken: page.nextPageToken ?? '' });
    expect(after).to.deep.equal({ $or: [{ createdAt: { $lt: createdAt } }, { createdAt, id: { $lt: second } }] });
  });

  for (const text of ['rubbish', '5', `x ${first}`, `5 ${'-'.repeat(36)}`, `99999999999999 ${first}`]) {
    it(`refuses a token that says "${text}", before the database is asked`, () => {
      const pageToken = Buffer.from(text).toString('base64url');
      expect(() => newestFirst({ pageSize: 0, pageToken }))
        .to.throw(DomainError)
        .with.property('reason', 'INVALID_REQUEST');
    });
  }
});
