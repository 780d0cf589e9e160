import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { root } from './support.ts';

describe('the decision about dependencies', () => {
  it('gives a reason for each npm package, and for no other', () => {
    const text = readFileSync(join(root, 'docs/decisions/0004-dependencies.md'), 'utf8');
    const rows = text.split('\n').filter((line) => line.startsWith('| `'));
    const explained = rows.flatMap((row) =>
      [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    );
    const { dependencies, devDependencies, optionalDependencies } = packageJson;
    const installed = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
    expect(explained).to.have.members(installed);
    for (const row of rows) expect(row.split('|')[2]?.trim(), row).not.to.equal('');
  });
});
