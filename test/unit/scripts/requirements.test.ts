import { expect } from 'chai';
import { checkRequirements } from '../../../scripts/check/requirements.ts';

const header = '| requirement | RPC | unit test | integration test |\n|---|---|---|---|\n';
const source = `describe('wallet', () => { it('never goes below zero', () => {}); it('user\\'s own', () => {}); });`;
const readTest = (path: string): string | undefined => (path === 'test/unit/wallet.test.ts' ? source : undefined);
const check = (row: string): string[] => checkRequirements(header + row, readTest);

describe('requirements table', () => {
  it('accepts tests that exist, in either way of writing', () => {
    expect(check('| P3 | Pay | `test/unit/wallet.test.ts` › `never goes below zero` | – |')).to.deep.equal([]);
    expect(check("| P3 | Pay | `test/unit/wallet.test.ts › wallet › user's own` | |")).to.deep.equal([]);
  });

  it('names a test file that is missing', () => {
    expect(check('| P3 | Pay | `test/unit/gone.test.ts` › `x` | |')[0]).to.include('no file test/unit/gone.test.ts');
  });

  it('names a title that is missing', () => {
    expect(check('| P3 | Pay | | `test/unit/wallet.test.ts` › `is rich` |')[0]).to.include('no test "is rich"');
  });

  it('names a requirement without any test', () => {
    expect(check('| P3 | Pay | | – |')).to.deep.equal(['docs/requirements.md, "P3": no test is named']);
  });

  it('names a cell that it cannot read', () => {
    expect(check('| P3 | Pay | `test/unit/wallet.test.ts` › `wallet` | see above |')[0]).to.include('see above');
  });

  it('wants the table', () => {
    expect(checkRequirements('# Requirements', readTest)).to.have.lengthOf(1);
  });
});
