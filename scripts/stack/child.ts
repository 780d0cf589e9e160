import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';

/** How a child process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A server process of the local stack. */
export interface Child {
  readonly pid: number;
  /** Resolves when the process has ended; never rejects. */
  readonly exited: Promise<Exit>;
  isRunning(): boolean;
  /** The last part of what it printed, both streams together. */
  output(): string;
  /** Writes to its stdin, where that was kept open. */
  write(text: string): void;
  /** Sends a signal and, if that is meant to end the process, lets the caller wait on `exited`. */
  kill(signal: NodeJS.Signals): void;
  /** Ends it: the stop signal, then SIGKILL after `graceMs` milliseconds. */
  stop(graceMs?: number): Promise<Exit>;
  /** Resolves with the first line that `find` accepts; rejects when the process ends before, or after `timeoutMs`. */
  waitForLine<T>(find: (line: string) => T | undefined, timeoutMs: number): Promise<T>;
}

/** What to start and how. */
export interface ChildOptions {
  name: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number | undefined;
  gid?: number | undefined;
  /** Written to the child's stdin, which is then closed. */
  input?: string;
  /** Leaves the child's stdin open, for `write`. */
  keepsInput?: boolean;
  /** The signal that asks for an orderly end. */
  stopSignal: NodeJS.Signals;
  /** Everything it prints is appended to this file as well. */
  logFile?: string | undefined;
}

const keptOutputCharacters = 64 * 1024;
const running = new Map<ChildProcess, NodeJS.Signals>();
let guarded = false;

/**
 * Starts a server as a child of this process that does not outlive it.
 *
 * The child has a session of its own, so that Ctrl-C in a terminal reaches only the parent, which then stops its
 * children in the right order.
 */
export function startChild(options: ChildOptions): Child {
  guard();
  const [command, ...args] = [...deathSignalPrefix(options.stopSignal), options.command, ...options.args];
  const child = spawn(command ?? options.command, args, {
    cwd: options.cwd ?? '/',
    env: options.env ?? process.env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.gid ?? options.uid }),
  });
  running.set(child, options.stopSignal);
  const log = options.logFile ? createWriteStream(options.logFile, { flags: 'a' }) : undefined;
  let text = '';
  const listeners = new Set<() => void>();
  const append = (chunk: Buffer): void => {
    log?.write(chunk);
    text = (text + chunk.toString()).slice(-keptOutputCharacters);
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', append);
  child.stderr.on('data', append);
  // A child that is gone before it has read its stdin is reported by its exit.
  child.stdin.on('error', () => {});
  if (options.input !== undefined) child.stdin.write(options.input);
  if (options.keepsInput !== true) child.stdin.end();
  const exited = new Promise<Exit>((resolve) => {
    child.once('error', (error) => append(Buffer.from(`${error.message}\n`)));
    child.once('error', () => resolve({ code: 127, signal: null }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  }).finally(() => {
    running.delete(child);
    log?.end();
  });
  const isRunning = (): boolean => running.has(child) && child.exitCode === null && child.signalCode === null;

  return {
    pid: child.pid ?? -1,
    exited,
    isRunning,
    output: () => text,
    write: (text) => void child.stdin.write(text),
    kill: (signal) => void child.kill(signal),
    async stop(graceMs = 10_000) {
      if (isRunning()) child.kill(options.stopSignal);
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      return exited.finally(() => clearTimeout(timer));
    },
    waitForLine: (find, timeoutMs) =>
      new Promise((resolve, reject) => {
        const finish = (): void => {
          clearTimeout(timer);
          listeners.delete(look);
        };
        const give = (why: string): void => {
          finish();
          reject(new Error(`${options.name} ${why}; its last output:\n${text.slice(-4000)}`));
        };
        const look = (): void => {
          for (const line of text.split('\n').slice(0, -1)) {
            const found = find(line);
            if (found === undefined) continue;
            finish();
            return resolve(found);
          }
        };
        const timer = setTimeout(() => give(`was not ready after ${timeoutMs} ms`), timeoutMs);
        listeners.add(look);
        void exited.then(({ code, signal }) => give(`ended with ${signal ?? `code ${code}`} before it was ready`));
        look();
      }),
  };
}

/**
 * Node cannot ask Linux to signal a child when its parent dies by SIGKILL; setpriv, part of util-linux, can, and then
 * becomes the wanted program, so the pid is the server's own. Elsewhere the exit handlers have to do.
 */
function deathSignalPrefix(signal: NodeJS.Signals): string[] {
  canUseSetpriv ??=
    process.platform === 'linux' &&
    spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore' }).status === 0;
  return canUseSetpriv ? ['setpriv', '--pdeathsig', signal.replace('SIG', ''), '--'] : [];
}
let canUseSetpriv: boolean | undefined;

/** Makes sure once that the children end with this process, whichever way it ends short of SIGKILL. */
function guard(): void {
  if (guarded) return;
  guarded = true;
  const killAll = (): void => {
    for (const [child, stopSignal] of running) child.kill(stopSignal);
  };
  process.on('exit', killAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const onSignal = (): void => {
      // Somebody else's handler means an orderly shutdown is under way; it ends in 'exit' above.
      if (process.listenerCount(signal) > 1) return;
      killAll();
      process.removeListener(signal, onSignal);
      process.kill(process.pid, signal);
    };
    process.on(signal, onSignal);
  }
}
