import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { postgresPackage } from './binaries.ts';

/** Who runs Postgres; undefined ids mean the current user. */
export interface PostgresUser {
  uid?: number;
  gid?: number;
}

/**
 * Used when the clone lies below a folder that only root may enter, as below /root: Postgres refuses to run as root, and
 * the user it runs as cannot reach anything there. /var/tmp, not /tmp, because the data is to survive a reboot.
 */
const publicDir = `/var/tmp/frontrow-${process.getuid?.() ?? 'user'}`;

/**
 * Who Postgres is to run as: the current user, or, for root, the user `postgres` if the system has one and else
 * `nobody`, which every system has. No account is created: a test run must not change the machine.
 *
 * @param dataDir data that exists already stays with its owner
 */
export function postgresUser(dataDir: string | undefined): PostgresUser {
  if (process.getuid?.() !== 0) return {};
  const owner = dataDir && existsSync(join(dataDir, 'cluster')) ? lstatSync(join(dataDir, 'cluster')) : undefined;
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }));
    if (uid?.status === 0 && gid?.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error(
    'Postgres does not run as root, and this system has neither a user postgres nor nobody. Run as another user.',
  );
}

/** The folder with Postgres' `initdb` and `postgres`, where the user can run them. */
export function postgresBinDir(user: PostgresUser): string {
  const manifest = fileURLToPath(new URL('../package.json', import.meta.resolve(postgresPackage())));
  const native = join(dirname(manifest), 'native');
  const problem = whyNotRunning(join(native, 'bin/postgres'), {});
  if (problem) throw new Error(`The Postgres binaries do not run here: ${problem}`);
  if (!whyNotRunning(join(native, 'bin/postgres'), user)) return join(native, 'bin');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const copy = join(makePublicDir(), `postgres-${version}`);
  if (!existsSync(copy)) {
    const partial = mkdtempSync(`${copy}.`);
    cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
    // The copy carries the permissions of a clone made under a strict umask.
    execFileSync('chmod', ['-R', 'a+rX', partial]);
    renameIfAbsent(partial, copy);
  }
  return join(copy, 'bin');
}

/**
 * Makes a folder that the user owns and can reach, and says where it is: as wished, or its namesake in the public place.
 *
 * @param wished the folder to use if the user can get there
 */
export function postgresDir(wished: string, user: PostgresUser): string {
  const wishedId = createHash('sha256').update(wished).digest('hex').slice(0, 12);
  const fallback = join(publicDir, `${basename(wished)}-${wishedId}`);
  if (!existsSync(fallback)) {
    mkdirSync(wished, { recursive: true, mode: 0o700 });
    own(wished, user);
    if (spawnSync('test', ['-w', wished], { ...user, cwd: '/' }).status === 0) return wished;
    rmSync(wished, { recursive: true, force: true });
  }
  makePublicDir();
  mkdirSync(fallback, { recursive: true, mode: 0o700 });
  own(fallback, user);
  return fallback;
}

function own(dir: string, user: PostgresUser): void {
  if (user.uid !== undefined) chownSync(dir, user.uid, user.gid ?? user.uid);
}

function makePublicDir(): string {
  mkdirSync(publicDir, { recursive: true });
  const { uid } = lstatSync(publicDir);
  // Anybody can make folders in /var/tmp: programs and data are only trusted in one that is our own.
  if (!lstatSync(publicDir).isDirectory() || uid !== process.getuid?.())
    throw new Error(`${publicDir} belongs to somebody else`);
  chmodSync(publicDir, 0o711);
  return publicDir;
}

/** What keeps the user from running the program; undefined if it runs. */
function whyNotRunning(program: string, user: PostgresUser): string | undefined {
  const answer = spawnSync(program, ['--version'], { ...user, cwd: '/', encoding: 'utf8' });
  return answer.status === 0 ? undefined : (answer.error?.message ?? answer.stderr.trim());
}

function renameIfAbsent(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    // A parallel run was faster; its copy is as good.
    rmSync(from, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
}
