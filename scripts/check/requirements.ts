import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '../stack/paths.ts';

const columns = ['requirement', 'rpc', 'unit test', 'integration test'];
const noTest = /^[-–—]?$/;
// Written as `test/unit/x.test.ts` › `title`, or all of it in one pair of backticks.
const testNames = /`([^`]+?\.test\.ts)`?\s*›\s*`?([^`]+)`/g;

/**
 * Checks that every test which the table of requirements names is there.
 *
 * @param table the Markdown text
 * @param readTest the text of a test file, undefined if there is no such file
 * @returns one line for each problem
 */
export function checkRequirements(table: string, readTest: (path: string) => string | undefined): string[] {
  const rows = table
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    );
  const isHeader = (row: string[]): boolean =>
    columns.every((name, index) => row[index]?.toLowerCase().startsWith(name));
  const isRule = (row: string[]): boolean => row.every((cell) => /^:?-+:?$/.test(cell));
  if (!rows.some(isHeader)) return [`docs/requirements.md: there is no table with the columns ${columns.join(', ')}`];
  return rows.filter((row) => !isHeader(row) && !isRule(row)).flatMap((row) => checkRow(row, readTest));
}

function checkRow(row: string[], readTest: (path: string) => string | undefined): string[] {
  const [requirement = '', , ...testCells] = row;
  const where = `docs/requirements.md, "${requirement}"`;
  const problems: string[] = [];
  let count = 0;
  for (const cell of testCells) {
    const tests = [...cell.matchAll(testNames)];
    count += tests.length;
    if (tests.length === 0 && !noTest.test(cell)) problems.push(`${where}: no test can be read from ${cell}`);
    for (const [, path = '', title = ''] of tests) {
      const source = readTest(path);
      if (source === undefined) problems.push(`${where}: there is no file ${path}`);
      else if (!hasTitle(source, title)) problems.push(`${where}: ${path} has no test "${title.trim()}"`);
    }
  }
  if (count === 0) problems.push(`${where}: no test is named`);
  return problems;
}

/** Whether the file has the title, or each part of one that is written as `outer › inner`. */
function hasTitle(source: string, title: string): boolean {
  const text = source.replaceAll(/\\(['"`])/g, '$1');
  return title.split('›').every((part) => text.includes(part.trim()));
}

if (import.meta.main) {
  const read = (path: string): string | undefined =>
    existsSync(join(rootDir, path)) ? readFileSync(join(rootDir, path), 'utf8') : undefined;
  const table = read('docs/requirements.md');
  const problems = table === undefined ? ['docs/requirements.md is missing'] : checkRequirements(table, read);
  if (problems.length > 0) console.error(problems.join('\n'));
  process.exitCode = problems.length > 0 ? 1 : 0;
}
