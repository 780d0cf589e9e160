// A lock between processes of one clone. Plain JavaScript: run.mjs needs it before anything is installed.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const pollMs = 250;
const noPidGraceMs = 10_000;

/** Whether the process that holds the lock has gone without releasing it. */
function isStale(lockDir) {
  try {
    const pid = Number(readFileSync(join(lockDir, 'pid'), 'utf8'));
    if (pid > 0) {
      process.kill(pid, 0);
      return false;
    }
  } catch (error) {
    if (error.code === 'EPERM') return false;
    if (error.code !== 'ENOENT') return true;
  }
  // No pid yet: the holder is between its two steps, or died there.
  return existsSync(lockDir) && Date.now() - statSync(lockDir).mtimeMs > noPidGraceMs;
}

/**
 * Does the work while no other process holds the lock.
 *
 * @param {string} lockDir a folder that exists exactly while the lock is held; making a folder is atomic everywhere
 * @param {() => unknown} work what to do, at most once at a time
 * @param {() => void} onWait called once if the lock is held by somebody else
 */
export async function withLock(lockDir, work, onWait = () => {}) {
  for (let waits = 0; ; waits += 1) {
    try {
      mkdirSync(lockDir);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (waits === 0) onWait();
    if (isStale(lockDir)) rmSync(lockDir, { recursive: true, force: true });
    else await sleep(pollMs);
  }
  const release = () => rmSync(lockDir, { recursive: true, force: true });
  process.once('exit', release);
  try {
    writeFileSync(join(lockDir, 'pid'), String(process.pid));
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}
