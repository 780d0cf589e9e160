import { LockMode, type EntityManager } from '@mikro-orm/core';
import { once, type OutcomeCodec } from '../shared/idempotency.ts';
import { changedPolicy, type AdmissionPolicy, type PolicyChange } from './admission-policy.ts';
import { Line } from './line.entity.ts';

/** A line as Postgres knows it. */
export interface LineRecord {
  readonly epoch: number;
  readonly policy: AdmissionPolicy;
}

/** A policy that was changed. */
export interface ChangedPolicy {
  /** As it was right after the change. */
  readonly policy: AdmissionPolicy;
  /** Whether an earlier call with the idempotency key made the change. */
  readonly replayed: boolean;
}

const policyCodec: OutcomeCodec<AdmissionPolicy> = {
  encode: (policy) => ({ ...policy }),
  decode: (stored) => stored as unknown as AdmissionPolicy,
};

/**
 * What must outlive Redis of a line: its epoch and its policy. A line without a record has the default policy and has
 * never been opened.
 */
export class LineRepository {
  readonly #em: EntityManager;
  readonly #defaults: AdmissionPolicy;
  readonly #idempotencyTtlMs: number;

  /** @param idempotencyTtlMs for how long an idempotency key is remembered */
  constructor(em: EntityManager, defaults: AdmissionPolicy, idempotencyTtlMs: number) {
    this.#em = em;
    this.#defaults = defaults;
    this.#idempotencyTtlMs = idempotencyTtlMs;
  }

  /** The policy in force. */
  async policyOf(concertId: string): Promise<AdmissionPolicy> {
    const line = await this.#em.fork().findOne(Line, { concertId });
    return line ? policyIn(line) : this.#defaults;
  }

  /** Counts the epoch up, for a line that starts anew in Redis. */
  async nextEpoch(concertId: string): Promise<LineRecord> {
    return this.#em.fork().transactional(async (em) => {
      const line = await this.#locked(em, concertId);
      line.epoch += 1;
      return { epoch: line.epoch, policy: policyIn(line) };
    });
  }

  /**
   * Changes the policy, once for its idempotency key: a retry must not undo what was changed since.
   *
   * @throws IDEMPOTENCY_KEY_REUSED
   */
  async change(concertId: string, change: PolicyChange, idempotencyKey?: string): Promise<ChangedPolicy> {
    const call = {
      rpc: 'UpdateAdmissionPolicy',
      subject: 'operator',
      key: idempotencyKey,
      request: changeText(concertId, change),
      ttlMs: this.#idempotencyTtlMs,
    };
    const { outcome, replayed } = await this.#em.fork().transactional((em) =>
      once(em, call, policyCodec, async () => {
        const line = await this.#locked(em, concertId);
        const policy = changedPolicy(policyIn(line), change);
        Object.assign(line, policy);
        return policy;
      }),
    );
    return { policy: outcome, replayed };
  }

  async #locked(em: EntityManager, concertId: string): Promise<Line> {
    const fresh = { concertId, epoch: 0, ...this.#defaults };
    await em.upsert(Line, fresh, { onConflictFields: ['concertId'], onConflictAction: 'ignore' });
    return em.findOneOrFail(Line, { concertId }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
  }
}

/** A change as text, the same for the same change. */
function changeText(concertId: string, change: PolicyChange): string {
  const { mode, capacity, ratePerSecond, burst, admissionTtlMs, awayAfterMs, awayTtlMs } = change;
  const times = [admissionTtlMs, awayAfterMs, awayTtlMs];
  return JSON.stringify([concertId, mode, capacity, ratePerSecond, burst, ...times, change.seatHeadroomPercent]);
}

function policyIn(line: Line): AdmissionPolicy {
  return {
    mode: line.mode,
    capacity: line.capacity,
    ratePerSecond: line.ratePerSecond,
    burst: line.burst,
    admissionTtlMs: line.admissionTtlMs,
    awayAfterMs: line.awayAfterMs,
    awayTtlMs: line.awayTtlMs,
    seatHeadroomPercent: line.seatHeadroomPercent,
    revision: line.revision,
  };
}
