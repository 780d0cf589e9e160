import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import packageJson from '../package.json' with { type: 'json' };
import { readApi } from './openapi/api.ts';
import { makeDocument } from './openapi/document.ts';
import { rootDir } from './stack/paths.ts';

const descriptorPath = join(rootDir, 'src/generated/frontrow.binpb');
const documentPath = join(rootDir, 'docs/openapi.json');

/**
 * The text of docs/openapi.json as the protos want it.
 *
 * @throws Error saying what to run where the descriptor set was not generated yet
 */
export async function renderOpenApi(): Promise<string> {
  if (!existsSync(descriptorPath)) throw new Error(`${descriptorPath} is missing: run \`npm run generate\` first.`);
  const document = makeDocument(readApi(readFileSync(descriptorPath)), packageJson.version);
  return format(JSON.stringify(document), { parser: 'json', printWidth: 120, objectWrap: 'collapse' });
}

/** Where two texts part: the first line that differs, or undefined where none does. */
export function firstDifference(actual: string, wanted: string): string | undefined {
  if (actual === wanted) return undefined;
  const actualLines = actual.split('\n');
  const wantedLines = wanted.split('\n');
  const index = wantedLines.findIndex((line, at) => line !== actualLines[at]);
  const at = index === -1 ? wantedLines.length : index;
  return `line ${at + 1}\n  is     ${actualLines[at] ?? '(nothing)'}\n  wanted ${wantedLines[at] ?? '(nothing)'}`;
}

if (import.meta.main) {
  const wanted = await renderOpenApi();
  if (process.argv.includes('--check')) {
    const difference = firstDifference(existsSync(documentPath) ? readFileSync(documentPath, 'utf8') : '', wanted);
    if (difference !== undefined) {
      console.error(`docs/openapi.json is stale, run \`npm run docs:openapi\`: ${difference}`);
      process.exitCode = 1;
    }
  } else {
    writeFileSync(documentPath, wanted);
  }
}
