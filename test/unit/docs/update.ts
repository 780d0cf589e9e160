// Writes the tables of README.md and docs/faults.md and the whole of .env.example:
// node scripts/run.mjs test/unit/docs/update.ts, then npm run format.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../openapi/support.ts';
import { expectedFaultTables } from './fault-table.ts';
import { readText, replaceTable } from './markdown.ts';
import { expectedEnvExample, expectedTables } from './tables.ts';

let readme = readText('README.md');
for (const [heading, table] of Object.entries(expectedTables)) readme = replaceTable(readme, heading, table);
writeFileSync(join(root, 'README.md'), readme);
let faults = readText('docs/faults.md');
for (const [useCase, table] of Object.entries(expectedFaultTables)) faults = replaceTable(faults, useCase, table);
writeFileSync(join(root, 'docs/faults.md'), faults);
writeFileSync(join(root, '.env.example'), expectedEnvExample);
