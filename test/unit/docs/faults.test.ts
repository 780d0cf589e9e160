import { expect } from 'chai';
import { expectedFaultTables } from './fault-table.ts';
import { readTable, readText } from './markdown.ts';

const hint = 'run: node scripts/run.mjs test/unit/docs/update.ts && npm run format';
const faults = readText('docs/faults.md');

describe('docs/faults.md', () => {
  for (const [useCase, table] of Object.entries(expectedFaultTables)) {
    it(`says under "${useCase}" what the fault tests prove`, () => {
      expect(readTable(faults, useCase), hint).to.deep.equal(table);
    });
  }
});
