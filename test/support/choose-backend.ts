import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Where the stores of integration and e2e tests run. */
export type BackendKind = 'containers' | 'local';

const dockerTimeoutMs = 3_000;

/**
 * The kind of stores to use and whether that was asked for by TEST_BACKEND; without it, containers where a Docker
 * daemon answers.
 */
export async function chooseBackend(): Promise<{ kind: BackendKind; isForced: boolean }> {
  const asked = process.env['TEST_BACKEND'];
  if (asked === 'containers' || asked === 'local') return { kind: asked, isForced: true };
  if (asked) throw new Error(`TEST_BACKEND must be containers or local, not ${asked}`);
  const answers = await promisify(execFile)('docker', ['info'], { timeout: dockerTimeoutMs }).then(
    () => true,
    () => false,
  );
  return { kind: answers ? 'containers' : 'local', isForced: false };
}
