import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { RelayMetrics } from '../postgres/outbox-relay.ts';
import { perOutcome } from './per-outcome.ts';

/** What an instance counts, in a registry of its own. */
export interface Metrics {
  readonly relay: RelayMetrics;
  /** Counts a gRPC call that has its answer: the path of its method and the name of its code. */
  countCall(method: string, code: string): void;
  /** All of it as Prometheus reads it. */
  expose(): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** Makes the metrics of an instance, with those of its Node process. */
export function createMetrics(): Metrics {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  const parked = new Gauge({
    name: 'frontrow_outbox_parked_events',
    help: 'Outbox events that were given up and wait for an operator.',
    registers,
  });
  const age = new Gauge({
    name: 'frontrow_outbox_unprocessed_age_seconds',
    help: 'Age of the oldest outbox event that is neither handled nor parked; 0 where there is none.',
    registers,
  });
  const handled = new Counter({
    name: 'frontrow_outbox_handled_total',
    help: 'Outbox events that this instance has handled.',
    labelNames: ['type'],
    registers,
  });
  const failures = new Counter({
    name: 'frontrow_outbox_failures_total',
    help: 'Attempts of this instance to handle an outbox event that failed.',
    labelNames: ['type'],
    registers,
  });
  const calls = new Counter({
    name: 'frontrow_grpc_calls_total',
    help: 'gRPC calls that this instance has answered, by method and code.',
    labelNames: ['method', 'code'],
    registers,
  });

  // Finding a counter by its labels costs more than counting.
  const callsOf = perOutcome((method, code) => calls.labels(method, code));

  return {
    relay: {
      handled: (type) => handled.inc({ type }),
      failed: (type) => failures.inc({ type }),
      backlog: (backlog) => {
        parked.set(backlog.parked);
        age.set(backlog.oldestAgeMs / 1_000);
      },
    },
    countCall: (method, code) => callsOf(method, code).inc(),
    expose: async () => ({ contentType: register.contentType, body: await register.metrics() }),
  };
}
