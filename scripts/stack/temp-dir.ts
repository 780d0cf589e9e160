import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const sweepAfterMs = 60 * 60 * 1000;

/**
 * Makes a temporary folder for a server's data. The name holds our process id: what a run that was killed left behind
 * is removed by a later one.
 *
 * @param kind names the server
 */
export function makeTempDir(kind: string): string {
  const prefix = `frontrow-${kind}-`;
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(prefix))) {
    const path = join(tmpdir(), name);
    if (isAbandoned(path, Number(name.slice(prefix.length).split('-')[0])))
      rmSync(path, { recursive: true, force: true });
  }
  return mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
}

function isAbandoned(path: string, pid: number): boolean {
  try {
    // A container that shares our /tmp has process ids of its own, so "no such process" alone proves nothing.
    if (Date.now() - statSync(path).mtimeMs < sweepAfterMs) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
