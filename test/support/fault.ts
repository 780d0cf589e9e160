import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Seam } from '../../src/app.ts';
import type { Hall } from '../../src/reservation/hall.ts';

const faultSchema = z.union([
  z.object({
    /** KILLED: the process gets SIGKILL. STOPPED: it gets SIGSTOP. CUT: the connection to the store fails. */
    kind: z.enum(['KILLED', 'STOPPED', 'CUT']),
    /** Store and method, such as `holds.hold`. */
    call: z.string(),
    /** Before the store is called, after some of its steps, or after it answered. */
    when: z.enum(['before', 'within', 'after']),
  }),
  /** Every call of a store is written down, a line each. */
  z.object({ kind: z.literal('RECORDED'), file: z.string() }),
]);

const armedSchema = z.array(faultSchema);

/** What is to happen at a store call of a server that is faulty on purpose. */
export type Fault = z.infer<typeof faultSchema>;

/** Names the file by which a test arms the faults of one server process. */
export const FAULT_FILE_VARIABLE = 'FRONTROW_TEST_FAULT_FILE';

/** Arms faults, each of which happens once: the next one is armed when the one before has happened. */
export function arm(file: string, ...faults: readonly Fault[]): void {
  // In one step, or the server might read half of it.
  writeFileSync(`${file}.new`, JSON.stringify(faults));
  renameSync(`${file}.new`, file);
}

/** Takes back what is armed; what a connection that is cut has met is gone already. */
export function disarm(file: string): void {
  rmSync(file, { force: true });
}

/** Whether what was armed is still to happen. */
export function isArmed(file: string): boolean {
  return existsSync(file);
}

/** The seam of a faulty server: looks before and after each call of a store whether a fault is armed for it. */
export function faultSeam(file: string): Seam {
  return (name, store) =>
    new Proxy(store, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        const method = value as Method;
        const call = `${name}.${String(property)}`;
        return async (...args: unknown[]): Promise<unknown> => {
          meet(file, call, 'before');
          const answer = await method.apply(target, await withFaultWithin(file, call, method.bind(target), args));
          meet(file, call, 'after');
          return answer;
        };
      },
    });
}

function armed(file: string): Fault | undefined {
  return allArmed(file)[0];
}

function allArmed(file: string): readonly Fault[] {
  try {
    return armedSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return [];
  }
}

function isArmedFor(file: string, call: string, when: string): boolean {
  const fault = armed(file);
  return fault !== undefined && fault.kind !== 'RECORDED' && fault.call === call && fault.when === when;
}

function meet(file: string, call: string, when: string): void {
  const fault = armed(file);
  if (fault?.kind === 'RECORDED' && when === 'before') appendFileSync(fault.file, `${call}\n`);
  if (!isArmedFor(file, call, when)) return;
  if (fault?.kind === 'KILLED') {
    process.kill(process.pid, 'SIGKILL');
    // The signal ends this process before the next line of it runs, or shortly after.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }
  const left = allArmed(file).slice(1);
  if (left.length > 0) arm(file, ...left);
  else disarm(file);
  if (fault?.kind === 'STOPPED') process.kill(process.pid, 'SIGSTOP');
  else throw Object.assign(new Error('Connection is closed.'), { code: 'ECONNRESET' });
}

type Method = (...args: unknown[]) => Promise<unknown>;

/** The arguments with which a call meets what is armed within it; those that are given, where nothing is. */
async function withFaultWithin(file: string, call: string, method: Method, args: unknown[]): Promise<unknown[]> {
  if (!isArmedFor(file, call, 'within')) return args;
  if (call === 'transactions.run') return [meetingAtEnd(file, call, args[0] as Method)];
  await method(...halfOf(args));
  meet(file, call, 'within');
  return args;
}

/** The work of a transaction, with the fault between its last statement and its commit. */
function meetingAtEnd(file: string, call: string, work: Method): Method {
  return async (...args) => {
    const result = await work(...args);
    meet(file, call, 'within');
    return result;
  };
}

/** The arguments of rebuilding a map, for the first half of its rows: where a store call has several steps. */
function halfOf([rebuilding, hall, ...seats]: unknown[]): unknown[] {
  const { rowStarts, sections } = hall as Hall;
  return [rebuilding, { rowStarts: rowStarts.slice(0, Math.ceil(rowStarts.length / 2)), sections }, ...seats];
}
