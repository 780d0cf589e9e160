import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localDir, rootDir } from '../stack/paths.ts';

const buf = join(rootDir, 'node_modules/.bin/buf');

/** The newest release tag, undefined before the first release or outside a git clone. */
function newestTag(): string | undefined {
  const answer = spawnSync('git', ['tag', '--list', 'v*', '--sort=-v:refname'], { cwd: rootDir, encoding: 'utf8' });
  return answer.stdout?.split('\n')[0] || undefined;
}

/** Compares the protos with those of a tag; returns buf's exit code. */
function compareWith(tag: string): number {
  const dir = mkdtempSync(join(tmpdir(), 'frontrow-baseline-'));
  try {
    // buf could read the tag out of .git by itself, but not the imports beside it, which git does not hold.
    const archive = execFileSync('git', ['archive', tag, 'proto', 'buf.yaml'], { cwd: rootDir, maxBuffer: 2 ** 26 });
    execFileSync('tar', ['-x', '-C', dir], { input: archive });
    cpSync(join(localDir, 'third_party'), join(dir, '.local/third_party'), { recursive: true });
    return spawnSync(buf, ['breaking', '--against', dir], { cwd: rootDir, stdio: 'inherit' }).status ?? 1;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const tag = newestTag();
  if (tag === undefined) console.log('no baseline');
  else process.exitCode = compareWith(tag);
}
