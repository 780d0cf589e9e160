import { execFile } from 'node:child_process';
import { cp, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { localDir, rootDir } from './stack/paths.ts';

const run = promisify(execFile);
const thirdParty = join(localDir, 'third_party');
const out = join(rootDir, 'src/generated');

/** Imports of our protos that buf does not ship itself; google-gax carries them as files. */
const googleProtos = [
  'google/api/annotations.proto',
  'google/api/http.proto',
  'google/rpc/status.proto',
  'google/rpc/error_details.proto',
];

/**
 * Writes src/generated: the ts-proto modules and `frontrow.binpb`, the descriptor set that Envoy, reflection and the
 * OpenAPI document are made from. Everything comes from the protos and npm packages; nothing is fetched.
 */
export async function generate(): Promise<void> {
  for (const file of googleProtos) {
    const target = join(thirdParty, file);
    await mkdir(dirname(target), { recursive: true });
    await cp(join(rootDir, 'node_modules/google-gax/build/protos', file), target);
  }
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const buf = join(rootDir, 'node_modules/.bin/buf');
  await run(buf, ['generate'], { cwd: rootDir });
  // Source info stays in: the OpenAPI document takes its texts from the comments.
  await run(buf, ['build', '--as-file-descriptor-set', '-o', join(out, 'frontrow.binpb')], { cwd: rootDir });
  // Reflection describes the health service too, which is no part of our API.
  const health = 'node_modules/grpc-health-check/proto';
  await run(buf, ['build', health, '--as-file-descriptor-set', '-o', join(out, 'health.binpb')], { cwd: rootDir });
}

if (import.meta.main) await generate();
