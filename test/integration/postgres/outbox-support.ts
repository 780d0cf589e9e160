import { randomUUID } from 'node:crypto';
import { OutboxRelay } from '../../../src/infrastructure/postgres/outbox-relay.ts';
import type { OutboxRelayOptions } from '../../../src/infrastructure/postgres/outbox-relay.ts';
import { OutboxEvent } from '../../../src/shared/outbox-event.entity.ts';
import { openTestOrm, type TestOrm } from './test-orm.ts';

/** What the logger was told: the level, the message and the details. */
export interface Line {
  readonly level: 'warn' | 'error';
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** An outbox of a test's own, and what its relays said. */
export class TestOutbox {
  readonly db: TestOrm;
  readonly lines: Line[] = [];
  /** What the relays counted, by name and type, and the last backlog. */
  readonly counts: Record<string, number> = {};
  backlog: unknown;

  private constructor(db: TestOrm) {
    this.db = db;
  }

  /** Opens it on a fresh database. */
  static async open(options: { readonly poolSize?: number } = {}): Promise<TestOutbox> {
    return new TestOutbox(await openTestOrm({ poolSize: 2, ...options }));
  }

  /** A relay with short pauses. */
  relay(handle: OutboxRelayOptions['handle'], options: Partial<OutboxRelayOptions> = {}): OutboxRelay {
    const tell = (level: Line['level']) => (details: object, message: string) =>
      void this.lines.push({ level, message, details: details as Line['details'] });
    const count = (name: string) => (type: string) => {
      const key = `${name} ${type}`;
      this.counts[key] = (this.counts[key] ?? 0) + 1;
    };
    return new OutboxRelay({
      orm: this.db.orm,
      handle,
      publish: async () => undefined,
      intervalMs: 20,
      batch: 10,
      handleTimeoutMs: 1_000,
      retry: { baseMs: 1, maxMs: 4, maxAttempts: 1_000 },
      random: Math.random,
      logger: { warn: tell('warn'), error: tell('error') },
      metrics: {
        handled: count('handled'),
        failed: count('failed'),
        backlog: (backlog) => void (this.backlog = backlog),
      },
      ...options,
    });
  }

  /** Writes an event for each key in their order; each event's number is its place in the list, from 1. */
  async write(keys: readonly string[]): Promise<readonly string[]> {
    const em = this.db.orm.em.fork();
    const eventIds = keys.map(() => randomUUID());
    for (const [index, orderingKey] of keys.entries()) {
      em.create(OutboxEvent, {
        eventId: eventIds[index] ?? '',
        type: 'PAID',
        payload: { number: index + 1 },
        orderingKey,
      });
      // One by one: ids are to be in this order.
      await em.flush();
    }
    return eventIds;
  }

  /** How many events are not processed. */
  async unprocessed(): Promise<number> {
    const [row] = await this.db.sql('select count(*)::int as count from outbox_events where processed_at is null');
    return Number(row?.['count']);
  }

  /** The rows of events that are not processed, oldest first. */
  async rows(): Promise<Record<string, unknown>[]> {
    return this.db.sql(`
      select (payload ->> 'number')::int as number, attempts, parked_at is not null as parked, last_error,
        next_attempt_at > now() as waits
      from outbox_events where processed_at is null order by id`);
  }

  /** Ends the connections of all transactions that wait for their handlers, as a crash does. */
  async crash(): Promise<void> {
    await this.db.sql(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and state = 'idle in transaction'`,
    );
  }
}

/** Keys that are all different. */
export function differentKeys(count: number): string[] {
  return Array.from({ length: count }, () => randomUUID());
}

/** The number that was written into an event. */
export function numberOf(event: OutboxEvent): number {
  return (event.payload as { number: number }).number;
}
