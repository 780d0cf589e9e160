import { UniqueConstraintViolationException, type EntityManager } from '@mikro-orm/core';
import { Payment, PAYMENT_RESERVATION_INDEX } from '../../../../src/payment/payment.entity.ts';
import type { Purchase } from '../../../../src/payment/purchase.ts';
import { Transactions } from '../../../../src/shared/transactions.ts';
import { Ticket } from '../../../../src/payment/ticket.entity.ts';
import { OutboxEvent } from '../../../../src/shared/outbox-event.entity.ts';

type Entity = abstract new () => object;

/**
 * As much of an entity manager as a payment's transaction uses: what is created counts once the transaction commits,
 * and the statements for the deadline and for idempotency keys are answered as Postgres would.
 */
export class FakePostgres {
  /** What happened, in order. */
  readonly steps: string[];
  /** The payment with its tickets that is committed. */
  purchase: Purchase | undefined;
  events: readonly OutboxEvent[] = [];
  deadlinesMs: unknown[] = [];
  isPastDeadline = false;
  /** What writing fails with. */
  flushError: unknown;
  /** What COMMIT fails with. */
  commitError: unknown;
  /** Whether the work is there although the answer to COMMIT was lost. */
  commitsAllTheSame = false;
  readonly #kept = new Map<string, { hash: unknown; outcome: unknown }>();
  #created: object[] = [];

  constructor(steps: string[] = []) {
    this.steps = steps;
  }

  /** Stands for the ORM's entity manager; a whole one has far more methods than anything here uses. */
  get em(): EntityManager {
    const em = {
      fork: () => em,
      transactional: (work: (tx: EntityManager) => Promise<unknown>) => this.#transaction(work),
      getConnection: () => ({ execute: (sql: string, params: unknown[]) => this.#execute(sql, params) }),
      getTransactionContext: () => undefined,
      create: (entity: Entity, data: object) => this.#create(entity, data),
      flush: () => this.#flush(),
    };
    return em as unknown as EntityManager;
  }

  /** Transactions on it. */
  get transactions(): Transactions {
    return new Transactions({ em: this.em, random: () => 0, delay: () => Promise.resolve() });
  }

  async #transaction(work: (tx: EntityManager) => Promise<unknown>): Promise<unknown> {
    const keptBefore = new Map(this.#kept);
    this.#created = [];
    try {
      const outcome = await work(this.em);
      if (this.commitError === undefined) this.#commit();
      else await this.#failCommit();
      return outcome;
    } catch (error) {
      this.#kept.clear();
      for (const [key, kept] of keptBefore) this.#kept.set(key, kept);
      throw error;
    }
  }

  async #failCommit(): Promise<never> {
    if (this.commitsAllTheSame) this.#commit();
    return Promise.reject(this.commitError as Error);
  }

  #commit(): void {
    const payment = this.#created.find((each) => each instanceof Payment);
    if (!payment) return;
    this.steps.push('commit');
    this.purchase = { payment, tickets: this.#created.filter((each) => each instanceof Ticket) };
    this.events = this.#created.filter((each) => each instanceof OutboxEvent);
  }

  #create(entity: Entity, data: object): object {
    const created = Object.assign(Object.create(entity.prototype as object) as object, data);
    this.#created.push(created);
    return created;
  }

  async #flush(): Promise<void> {
    if (this.flushError !== undefined) return Promise.reject(this.flushError as Error);
    if (this.purchase && this.#created.some((each) => each instanceof Payment)) {
      const twice = new UniqueConstraintViolationException(new Error('duplicate key value'));
      return Promise.reject(Object.assign(twice, { constraint: PAYMENT_RESERVATION_INDEX }));
    }
  }

  #execute(sql: string, params: readonly unknown[]): Promise<object[]> {
    if (sql.includes('transaction_timeout')) {
      const [deadlineMs, , ...claim] = params;
      this.deadlinesMs.push(deadlineMs);
      if (this.isPastDeadline) return Promise.resolve([]);
      return Promise.resolve([claim.length > 0 ? this.#claim(claim) : { timeout: '1' }]);
    }
    if (sql.includes('canceled_at')) return Promise.resolve([]);
    if (sql.includes('insert into idempotent_outcomes')) return Promise.resolve([this.#claim(params)]);
    const [outcome, ...key] = params;
    const kept = this.#kept.get(key.join(' '));
    if (!kept) throw new Error('no row for this key');
    kept.outcome = JSON.parse(String(outcome));
    return Promise.resolve([]);
  }

  #claim([rpc, subject, key, hash, outcome]: readonly unknown[]): object {
    const name = [rpc, subject, key].join(' ');
    const kept = this.#kept.get(name) ?? {
      hash,
      outcome: typeof outcome === 'string' ? (JSON.parse(outcome) as unknown) : null,
    };
    this.#kept.set(name, kept);
    return { request_hash: kept.hash, outcome: kept.outcome };
  }
}
