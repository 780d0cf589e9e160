import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Seam } from '../../src/app.ts';
import type { Hall } from '../../src/reservation/hall.ts';

const faultSchema = z.union([
  z.object({
    /** KILLED: the process gets SIGKILL. CUT: the connection to the store fails. */
    kind: z.enum(['KILLED', 'CUT']),
    /** Store and method, such as `holds.hold`. */
    call: z.string(),
    /** Before the store is called, after some of its steps, or after it answered. */
    when: z.enum(['before', 'within', 'after']),
  }),
  /** Every call of a store is written down, a line each. */
  z.object({ kind: z.literal('RECORDED'), file: z.string() }),
]);

/** What is to happen at a store call of a server that is faulty on purpose. */
export type Fault = z.infer<typeof faultSchema>;

/** Names the file by which a test arms the faults of one server process. */
export const FAULT_FILE_VARIABLE = 'FRONTROW_TEST_FAULT_FILE';

/** Arms a fault, which happens once. */
export function arm(file: string, fault: Fault): void {
  writeFileSync(file, JSON.stringify(fault));
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
        const method = value as (...args: unknown[]) => Promise<unknown>;
        const call = `${name}.${String(property)}`;
        return async (...args: unknown[]): Promise<unknown> => {
          meet(file, call, 'before');
          if (isArmedFor(file, call, 'within')) await method.apply(target, halfOf(args));
          meet(file, call, 'within');
          const answer = await method.apply(target, args);
          meet(file, call, 'after');
          return answer;
        };
      },
    });
}

function armed(file: string): Fault | undefined {
  try {
    return faultSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
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
  disarm(file);
  throw Object.assign(new Error('Connection is closed.'), { code: 'ECONNRESET' });
}

/** The arguments of rebuilding a map, for the first half of its rows: where a store call has several steps. */
function halfOf([rebuilding, hall, ...seats]: unknown[]): unknown[] {
  const { rowStarts, sections } = hall as Hall;
  return [rebuilding, { rowStarts: rowStarts.slice(0, Math.ceil(rowStarts.length / 2)), sections }, ...seats];
}
