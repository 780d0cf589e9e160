import { HealthImplementation } from 'grpc-health-check';

/** The standard health service: says whether this instance wants calls. */
export interface Health {
  /** Adds grpc.health.v1.Health to a server. */
  readonly addToServer: HealthImplementation['addToServer'];
  /** Says so for the whole server and for each of its services. */
  setServing(serving: boolean): void;
  /** Says not serving for good, whatever setServing is told later. */
  stop(): void;
}

/**
 * The health service, not serving until it is told so.
 *
 * @param services names of the services it answers for, beside '' for the server
 */
export function createHealth(services: readonly string[]): Health {
  const names = ['', ...services];
  const implementation = new HealthImplementation(Object.fromEntries(names.map((name) => [name, 'NOT_SERVING'])));
  const set = (serving: boolean) => {
    for (const name of names) implementation.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  };
  let stopped = false;
  return {
    addToServer: (server) => implementation.addToServer(server),
    setServing(serving) {
      if (!stopped) set(serving);
    },
    stop() {
      stopped = true;
      set(false);
    },
  };
}
