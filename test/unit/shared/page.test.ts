import { expect } from 'chai';
import { DomainError } from '../../../src/shared/domain-error.ts';
import type { Page } from '../../../src/shared/page.ts';
import { cursorOf, pageOf, pageSizeOf } from '../../../src/shared/page.ts';

const number = (text: string): number | undefined => (/^\d+$/.test(text) ? Number(text) : undefined);

describe('page', () => {
  it('has 20 items where the caller does not say, and never more than 100', () => {
    const sizes = [0, 1, 100, 101].map((pageSize) => pageSizeOf({ pageSize, pageToken: '' }));
    expect(sizes).to.deep.equal([20, 1, 100, 100]);
  });

  it('walks a list from one end to the other without a gap or a repetition', () => {
    const all = Array.from({ length: 7 }, (_, index) => index);
    const seen: number[] = [];
    let pageToken: string | undefined = '';
    while (pageToken !== undefined) {
      const after: number = cursorOf({ pageSize: 3, pageToken }, number) ?? -1;
      const page: Page<number> = pageOf(all.filter((item) => item > after).slice(0, 4), 3, String);
      seen.push(...page.items);
      pageToken = page.nextPageToken;
    }
    expect(seen).to.deep.equal(all);
  });

  it('ends with a page that is exactly full', () => {
    expect(pageOf([1, 2, 3], 3, String)).to.deep.equal({ items: [1, 2, 3], nextPageToken: undefined });
    expect(pageOf([], 3, String)).to.deep.equal({ items: [], nextPageToken: undefined });
  });

  it('refuses a token that is not one of the list', () => {
    expect(() => cursorOf({ pageSize: 0, pageToken: 'rubbish' }, number))
      .to.throw(DomainError)
      .with.property('violations')
      .that.deep.includes({ field: 'page_token', description: 'must be a next_page_token of this list' });
  });
});
