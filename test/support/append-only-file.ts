import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A file at a moment. */
export interface FileMoment {
  readonly path: string;
  readonly bytes: number;
}

/** The append-only file that a Redis writes, and how long it is: what stands in it now is what a crash leaves. */
export function appendOnlyFile(dataDir: string): FileMoment {
  const folder = join(dataDir, 'appendonlydir');
  const name = readdirSync(folder).find((file) => file.endsWith('.incr.aof'));
  if (name === undefined) throw new Error('there is no append-only file');
  const path = join(folder, name);
  return { path, bytes: statSync(path).size };
}
