import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureGenerated } from './setup.ts';
import { rootDir } from './stack/paths.ts';

interface Outcome {
  isGood: boolean;
  output: string;
}

interface Step {
  name: string;
  run(): Promise<Outcome>;
  /** Repairs what `run` finds, where a tool can. */
  fix?(): Promise<Outcome>;
}

/** Runs a program of node_modules/.bin, or a script of our own. */
function tool(program: string, ...args: string[]): () => Promise<Outcome> {
  const command = program.endsWith('.ts') ? [process.execPath, program] : [join(rootDir, 'node_modules/.bin', program)];
  return () =>
    new Promise((resolve) => {
      let output = '';
      const child = spawn(command[0] ?? '', [...command.slice(1), ...args], { cwd: rootDir });
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.on('error', (error) => resolve({ isGood: false, output: error.message }));
      child.on('close', (code) => resolve({ isGood: code === 0, output }));
    });
}

function checkChangelog(): Promise<Outcome> {
  const isGood = /^## \[?Unreleased\]?$/m.test(readFileSync(join(rootDir, 'CHANGELOG.md'), 'utf8'));
  return Promise.resolve({ isGood, output: isGood ? '' : 'CHANGELOG.md has no section "## Unreleased"' });
}

const steps: Step[] = [
  { name: 'format', run: tool('prettier', '--check', '.'), fix: tool('prettier', '--write', '--log-level=warn', '.') },
  {
    name: 'format of protos',
    run: tool('buf', 'format', 'proto', '-d', '--exit-code'),
    fix: tool('buf', 'format', 'proto', '-w'),
  },
  {
    name: 'lint',
    run: tool('oxlint', '--type-aware', '--deny-warnings', 'src', 'test', 'scripts', 'envoy', 'examples'),
  },
  { name: 'imports', run: tool('scripts/check/imports.ts') },
  { name: 'types', run: tool('tsc', '-p', '.') },
  { name: 'types of the browser example', run: tool('tsc', '-p', 'examples/browser') },
  { name: 'types of the example of events', run: tool('tsc', '-p', 'examples/events') },
  { name: 'lint of protos', run: tool('buf', 'lint') },
  { name: 'breaking changes of protos', run: tool('scripts/check/breaking.ts') },
  { name: 'docs/openapi.json is up to date', run: tool('scripts/openapi.ts', '--check') },
  { name: 'requirements have tests', run: tool('scripts/check/requirements.ts') },
  { name: 'changelog', run: checkChangelog },
];

/** Runs the steps one by one, all of them even if some fail, and prints what came of each. */
async function runSteps(chosen: readonly Step[], isFixing: boolean): Promise<boolean> {
  const failed: string[] = [];
  for (const step of chosen) {
    const startedMs = performance.now();
    const { isGood, output } = await (isFixing && step.fix ? step.fix() : step.run());
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    console.log(
      `${isGood ? '✔' : '✘'} ${step.name} (${seconds} s)${isGood && output.trim() === 'no baseline' ? ': no baseline' : ''}`,
    );
    if (!isGood) {
      failed.push(step.name);
      console.log(output.trim().replaceAll(/^/gm, '    '));
    }
  }
  if (failed.length > 0) console.log(`\n${failed.length} of ${chosen.length} checks failed: ${failed.join(', ')}`);
  return failed.length === 0;
}

const words = process.argv.slice(2);
const isFixing = words.includes('--fix');
const wanted = words.filter((word) => word !== '--fix');
const chosen = wanted.length === 0 ? steps : steps.filter(({ name }) => wanted.some((word) => name.startsWith(word)));
if (chosen.length === 0)
  throw new Error(`There is no such check; there are: ${steps.map(({ name }) => name).join(', ')}`);
await ensureGenerated();
process.exitCode = (await runSteps(chosen, isFixing)) ? 0 : 1;
