// Runs one of the project's TypeScript scripts from a fresh clone: `node scripts/run.mjs <script.ts> [arguments…]`.
// Plain JavaScript without dependencies, because it runs before anything is installed and on a Node (>= 20) that
// cannot yet run TypeScript. It installs the npm packages, Node 24 itself among them, then hands over.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';

const rootDir = dirname(dirname(fileURLToPath(import.meta.url)));
const localDir = join(rootDir, '.local');
const stampFile = join(localDir, 'npm-packages.stamp');
const minimumNode = [24, 12];

/** Prints one progress line on stderr, so that a script's own stdout stays clean. */
function say(line) {
  process.stderr.write(`[setup] ${line}\n`);
}

/** Ends the run with a message a person can act on. */
function fail(message) {
  process.stderr.write(`\nCannot go on: ${message}\n`);
  process.exit(1);
}

/** The fingerprint of what should be installed: the manifest, the lock file and the kind of machine. */
function wantedPackages() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const name of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(rootDir, name)));
  return hash.digest('hex');
}

/** Whether the installed packages are those of the lock file. */
function isInstalled(wanted) {
  return (
    existsSync(join(rootDir, 'node_modules', '.package-lock.json')) &&
    existsSync(stampFile) &&
    readFileSync(stampFile, 'utf8') === wanted
  );
}

/** How to call npm: the very one that called this script, else the one on PATH. */
function npmCommand() {
  const caller = process.env.npm_execpath;
  if (caller?.endsWith('npm-cli.js')) return [process.execPath, caller];
  if (spawnSync('npm', ['--version'], { stdio: 'ignore' }).status === 0) return ['npm'];
  return fail(
    'npm was not found. Install Node.js 20 or newer together with npm (https://nodejs.org), then run this again.',
  );
}

/** Runs npm in the project's folder; resolves to its exit code and everything it printed. */
function runNpm(npm, npmArguments) {
  // Native extras of some packages want a compiler and downloads; nothing here needs them, so install scripts stay off.
  // Under Node 20 npm would warn that packages want Node 24: that Node is being installed by this very step.
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', '--engine-strict=false'];
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(npm[0], [...npm.slice(1), ...npmArguments, ...quiet], { cwd: rootDir });
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => resolve({ code: 1, output: String(error) }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** Installs what the lock file says and leaves the lock file as it was. */
async function installPackages(wanted) {
  const npm = npmCommand();
  const startedMs = Date.now();
  say('installing npm packages, Node 24 among them (about a minute the first time)');
  const lockFile = join(rootDir, 'package-lock.json');
  const lockBefore = readFileSync(lockFile);
  try {
    let result = { code: 1, output: '' };
    // `npm ci` deletes node_modules first, so it is only for the clean clone.
    if (!existsSync(join(rootDir, 'node_modules'))) result = await runNpm(npm, ['ci']);
    // Newer npm refuses in `ci` a lock file that lacks optional packages of other platforms, which some registries do
    // not carry; `npm install` takes the same lock file as it is.
    if (result.code !== 0) result = await runNpm(npm, ['install', '--include=optional', '--include=dev']);
    if (result.code !== 0) fail(`npm could not install the packages:\n${result.output.trim()}`);
  } finally {
    if (!readFileSync(lockFile).equals(lockBefore)) writeFileSync(lockFile, lockBefore);
  }
  writeFileSync(stampFile, wanted);
  say(`npm packages are installed (${Math.round((Date.now() - startedMs) / 1000)} s)`);
}

/** Whether a version text such as `v24.21.0` is new enough to run TypeScript as it stands. */
function isRecentNode(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > minimumNode[0] || (major === minimumNode[0] && minor >= minimumNode[1]);
}

/** The path of a Node that runs TypeScript without a build: this one, or the one npm installed. */
function recentNode() {
  if (isRecentNode(process.version)) return process.execPath;
  const installed = join(rootDir, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  const probe = existsSync(installed) ? spawnSync(installed, ['--version'], { encoding: 'utf8' }) : undefined;
  if (probe?.status === 0 && isRecentNode(probe.stdout.trim())) return installed;
  const reason = probe
    ? `the one that npm installed does not run here (${String(probe.error ?? probe.stderr).trim()})`
    : 'npm has none for this machine';
  return fail(
    `Node ${minimumNode.join('.')} or newer is needed; this is ${process.version} on ${process.platform}-${process.arch}, and ${reason}. ` +
      'Install a recent Node.js from https://nodejs.org and run this again.',
  );
}

/** Starts the script and takes over its exit code; signals go through to it. */
function handOver(node, script, scriptArguments) {
  const path = [dirname(node), join(rootDir, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const child = spawn(node, [script, ...scriptArguments], {
    stdio: 'inherit',
    cwd: rootDir,
    env: { ...process.env, PATH: path },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`the script could not be started: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 0)));
}

const [script, ...scriptArguments] = process.argv.slice(2);
if (!script) fail('usage: node scripts/run.mjs <script.ts> [arguments…]');
if (!isRecentNode(process.version) && Number(process.versions.node.split('.')[0]) < 20) {
  fail(`Node 20 or newer is needed to begin with; this is ${process.version}.`);
}
mkdirSync(localDir, { recursive: true });
const wanted = wantedPackages();
if (!isInstalled(wanted)) {
  await withLock(
    join(localDir, 'npm-packages.lock'),
    async () => isInstalled(wanted) || installPackages(wanted),
    () => say('another run is installing packages: waiting for it'),
  );
}
handOver(recentNode(), script, scriptArguments);
