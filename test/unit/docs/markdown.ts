import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../openapi/support.ts';

/** Rows of cells, the header first. */
export type Table = readonly (readonly string[])[];

/** A text of the repository. */
export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** The first table under a heading of any level; undefined where there is none. */
export function readTable(markdown: string, heading: string): Table | undefined {
  const found = locateTable(markdown, heading);
  if (!found) return undefined;
  const rows = found.lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return rows.filter((_row, index) => index !== 1);
}

/** The text with the first table under a heading replaced. */
export function replaceTable(markdown: string, heading: string, table: Table): string {
  const found = locateTable(markdown, heading);
  if (!found) throw new Error(`There is no table under the heading ${heading}.`);
  const rule = (table[0] ?? []).map(() => '---');
  const rows = [...table.slice(0, 1), rule, ...table.slice(1)].map((row) => `| ${row.join(' | ')} |`);
  const all = markdown.split('\n');
  return [...all.slice(0, found.start), ...rows, ...all.slice(found.start + found.lines.length)].join('\n');
}

/** Every relative link of a text, without its anchor, and every anchor into the text itself. */
export function linksOf(markdown: string): readonly string[] {
  const links = [...markdown.matchAll(/\]\(([^)\s]+)\)|<(?:img|a) [^>]*(?:src|href)="([^"]+)"/g)];
  return links.map(([, link, attribute]) => link ?? attribute ?? '').filter((link) => !/^[a-z]+:/.test(link));
}

function locateTable(markdown: string, heading: string): { start: number; lines: string[] } | undefined {
  const all = markdown.split('\n');
  const from = all.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (from < 0) return undefined;
  const rest = all.slice(from + 1);
  const nextHeading = rest.findIndex((line) => /^#+ /.test(line));
  const section = nextHeading < 0 ? rest : rest.slice(0, nextHeading);
  const first = section.findIndex((line) => line.startsWith('|'));
  if (first < 0) return undefined;
  const length = section.slice(first).findIndex((line) => !line.startsWith('|'));
  const lines = length < 0 ? section.slice(first) : section.slice(first, first + length);
  return { start: from + 1 + first, lines };
}
