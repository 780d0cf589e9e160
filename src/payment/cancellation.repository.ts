import type { EntityManager } from '@mikro-orm/core';
import { rowsOf } from '../shared/rows.ts';
import type { Cancellation } from './cancellation.ts';

/** A canceled performance of which not everything is done. */
export interface UnfinishedCancellation {
  readonly performanceId: string;
  readonly concertId: string;
}

const FIND = `
  select f.concert_id as "concertId", c.currency_code as "currencyCode",
    floor(extract(epoch from f.canceled_at) * 1000)::text as "canceledAtMs",
    floor(extract(epoch from f.cancellation_done_at) * 1000)::text as "doneAtMs",
    p.total as "paymentsTotal", p.refunded as "paymentsRefunded", p.amount as "refundedAmount",
    t.total as "ticketsTotal", t.refunded as "ticketsRefunded"
  from performances f
  join concerts c on c.id = f.concert_id
  cross join lateral (
    select count(*)::int as total, (count(*) filter (where state = 'REFUNDED'))::int as refunded,
      coalesce(sum(refunded_amount), 0)::text as amount
    from payments where performance_id = f.id
  ) p
  cross join lateral (
    select count(*)::int as total, (count(*) filter (where tickets.state = 'REFUNDED'))::int as refunded
    from payments join tickets on tickets.payment_id = payments.id where payments.performance_id = f.id
  ) t
  where f.id = ?`;

const UNFINISHED = `
  select id as "performanceId", concert_id as "concertId" from performances
  where canceled_at is not null and cancellation_done_at is null order by canceled_at`;

const TO_REFUND = `
  select id from payments where performance_id = ? and state <> 'REFUNDED' order by created_at limit ?`;

// One statement, judged by the time at which it began: every payment that began before the performance was canceled had ended
// by then, so the tickets that it sees are all.
const FINISH = `
  update performances set cancellation_done_at = clock_timestamp()
  where id = ? and cancellation_done_at is null and canceled_at + ? * interval '1 ms' < statement_timestamp()
    and not exists (select 1 from tickets where performance_id = performances.id and state = 'VALID')
  returning id`;

interface FoundRow extends Pick<
  Cancellation,
  'concertId' | 'currencyCode' | 'paymentsTotal' | 'paymentsRefunded' | 'ticketsTotal' | 'ticketsRefunded'
> {
  readonly canceledAtMs: string | null;
  readonly doneAtMs: string | null;
  readonly refundedAmount: string;
}

/** What Postgres has of canceled performances: all that is needed to go on where any instance stopped. */
export class CancellationRepository {
  readonly #em: EntityManager;

  constructor(em: EntityManager) {
    this.#em = em;
  }

  /** How far the cancellation of a performance is. */
  async find(performanceId: string): Promise<Cancellation | 'not-canceled' | undefined> {
    const [row] = await rowsOf<FoundRow>(this.#em, FIND, [performanceId]);
    if (!row) return undefined;
    const { canceledAtMs, doneAtMs, refundedAmount, ...rest } = row;
    if (canceledAtMs === null) return 'not-canceled';
    return {
      performanceId,
      ...rest,
      state: doneAtMs === null ? 'CANCELING' : 'CANCELED',
      canceledAt: new Date(Number(canceledAtMs)),
      doneAt: doneAtMs === null ? undefined : new Date(Number(doneAtMs)),
      refundedAmount: BigInt(refundedAmount),
    };
  }

  /** The canceled performances of which not everything is done, the longest canceled first. */
  async unfinished(): Promise<readonly UnfinishedCancellation[]> {
    return rowsOf<UnfinishedCancellation>(this.#em, UNFINISHED);
  }

  /** Payments of a performance that have valid tickets, the oldest first. */
  async toRefund(performanceId: string, limit: number): Promise<readonly string[]> {
    const rows = await rowsOf<{ id: string }>(this.#em, TO_REFUND, [performanceId, limit]);
    return rows.map(({ id }) => id);
  }

  /**
   * Writes down that everything is done, where no ticket is valid and none can become it any more.
   *
   * @param afterMs how long after the cancellation the last payment that began before it has ended, milliseconds
   * @returns whether it was done by this call
   */
  async finish(performanceId: string, afterMs: number): Promise<boolean> {
    const rows = await rowsOf(this.#em, FINISH, [performanceId, afterMs]);
    return rows.length > 0;
  }
}
