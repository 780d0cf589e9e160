import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { rootDir } from '../../../scripts/stack/paths.ts';
import { startServer, type Server } from '../../../scripts/stack/server.ts';
import { makeTempDir } from '../../../scripts/stack/temp-dir.ts';
import { arm, disarm, FAULT_FILE_VARIABLE, isArmed, type Fault } from '../../support/fault.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { grpcDoor, type GrpcDoor } from './grpc-door.ts';
import { envOn, type System } from './system.ts';

/** A server beside those of a system that meets the faults that a test arms. */
export interface FaultyServer {
  readonly server: Server;
  readonly door: GrpcDoor;
  /** Lets faults happen, one after the other, each at the next call that comes to it. */
  arm(...faults: readonly Fault[]): void;
  disarm(): void;
  /** Waits until the fault has happened. */
  untilMet(fault: Fault): Promise<void>;
}

/** Faulty servers of a system, one after the other. */
export class FaultyServers {
  readonly #system: System;
  readonly #startsAhead: boolean;
  readonly #env: Readonly<Record<string, string>>;
  readonly #dir = makeTempDir('faults');
  #started = 0;
  #next: Promise<FaultyServer> | undefined;
  #current: FaultyServer | undefined;

  /**
   * @param startsAhead whether the next one starts, with its tasks, while the present one is still of use
   * @param env settings over the usual ones
   */
  constructor(
    system: System,
    { startsAhead, env = {} }: { readonly startsAhead: boolean; readonly env?: Readonly<Record<string, string>> },
  ) {
    this.#system = system;
    this.#startsAhead = startsAhead;
    this.#env = env;
  }

  /** The faulty server that lives, or the next one. */
  async get(): Promise<FaultyServer> {
    if (this.#current) return this.#current;
    this.#current = await (this.#next ?? this.#start());
    this.#next = this.#startsAhead ? this.#start() : undefined;
    this.#next?.catch(() => {});
    const current = this.#current;
    void current.server.exited.then(() => {
      if (this.#current === current) this.#current = undefined;
    });
    return current;
  }

  /** Ends all of them. */
  async stop(): Promise<void> {
    const next = await this.#next?.catch(() => undefined);
    const left = [this.#current, next].filter((faulty) => faulty !== undefined);
    for (const { door } of left) door.close();
    await Promise.all(left.map(({ server }) => server.stop()));
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #start(): Promise<FaultyServer> {
    const name = `faulty-${(this.#started += 1)}`;
    const file = join(this.#dir, name);
    const env = { ...envOn(this.#system), ...this.#env, [FAULT_FILE_VARIABLE]: file };
    const server = await startServer({ env, name, script: join(rootDir, 'test/support/faulty-server.ts') });
    let isGone = false;
    void server.exited.then(() => {
      isGone = true;
    });
    const untilMet = (fault: Fault) =>
      waitUntil(() => (fault.kind === 'KILLED' ? isGone : !isArmed(file)), { what: 'the fault has happened' });
    return {
      server,
      door: grpcDoor(name, `127.0.0.1:${server.grpcPort}`),
      arm: (...faults) => arm(file, ...faults),
      disarm: () => disarm(file),
      untilMet,
    };
  }
}
