import { LockMode, type EntityManager } from '@mikro-orm/core';
import { changedPolicy, type AdmissionPolicy, type PolicyChange } from './admission-policy.ts';
import { Line } from './line.entity.ts';

/** A line as Postgres knows it. */
export interface LineRecord {
  readonly epoch: number;
  readonly policy: AdmissionPolicy;
}

/**
 * What must outlive Redis of a line: its epoch and its policy. A line without a record has the default policy and has
 * never been opened.
 */
export class LineRepository {
  readonly #em: EntityManager;
  readonly #defaults: AdmissionPolicy;

  constructor(em: EntityManager, defaults: AdmissionPolicy) {
    this.#em = em;
    this.#defaults = defaults;
  }

  /** The policy in force. */
  async policyOf(concertId: string): Promise<AdmissionPolicy> {
    const line = await this.#em.fork().findOne(Line, { concertId });
    return line ? policyIn(line) : this.#defaults;
  }

  /** Counts the epoch up, for a line that starts anew in Redis. */
  async nextEpoch(concertId: string): Promise<LineRecord> {
    return this.#locked(concertId, (line) => {
      line.epoch += 1;
      return { epoch: line.epoch, policy: policyIn(line) };
    });
  }

  /** Changes the policy; returns the one in force after it. */
  async change(concertId: string, change: PolicyChange): Promise<AdmissionPolicy> {
    return this.#locked(concertId, (line) => {
      const policy = changedPolicy(policyIn(line), change);
      Object.assign(line, policy);
      return policy;
    });
  }

  async #locked<T>(concertId: string, work: (line: Line) => T): Promise<T> {
    return this.#em.fork().transactional(async (em) => {
      const fresh = { concertId, epoch: 0, ...this.#defaults };
      await em.upsert(Line, fresh, { onConflictFields: ['concertId'], onConflictAction: 'ignore' });
      return work(await em.findOneOrFail(Line, { concertId }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true }));
    });
  }
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
    revision: line.revision,
  };
}
