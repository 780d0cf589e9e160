import { fork } from 'node:child_process';

/** What a program can be asked, by name. */
type Calls = Readonly<Record<string, (request: never) => unknown>>;

interface Question {
  readonly name: string;
  readonly request: unknown;
}

type Answer = { readonly value: unknown } | { readonly error: string };

/** A program in a process of its own: what it does takes no time from the process that measures. */
export interface Program<C extends Calls> {
  /** Asks one question at a time; rejects where the program fails or ends. */
  ask<N extends keyof C & string>(name: N, request: Parameters<C[N]>[0]): Promise<Awaited<ReturnType<C[N]>>>;
  /** Ends it, and with it all its connections. */
  stop(): Promise<void>;
}

/**
 * Starts a program that calls `serveProgram`.
 *
 * @param file with its whole path
 */
export function startProgram<C extends Calls>(file: string): Program<C> {
  // Typed arrays with hundreds of thousands of numbers come back, which JSON would write out.
  const child = fork(file, { serialization: 'advanced' });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    ask: (name, request) =>
      new Promise((resolve, reject) => {
        const finish = (): void => {
          child.off('message', onAnswer);
          child.off('exit', onExit);
        };
        const onExit = (): void => {
          finish();
          reject(new Error(`${file} ended before it answered`));
        };
        const onAnswer = (answer: unknown): void => {
          finish();
          const reply = answer as Answer;
          if ('error' in reply) reject(new Error(reply.error));
          else resolve(reply.value as Awaited<ReturnType<C[typeof name]>>);
        };
        child.on('message', onAnswer);
        child.on('exit', onExit);
        child.send({ name, request } satisfies Question);
      }),
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Answers the process that started this one, and ends when that process has gone. */
export function serveProgram(calls: Calls): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    void answer(calls, message as Question).then((reply) => process.send?.(reply));
  });
}

async function answer(calls: Calls, { name, request }: Question): Promise<Answer> {
  try {
    return { value: await calls[name]?.(request as never) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
