import type { CancelStore, LiveSeats, ReservationStore } from '../reservation/index.ts';
import { performanceNotFound } from '../shared/refusals.ts';
import type { CancelablePerformances, Cancellation } from './cancellation.ts';
import type { CancellationRepository, UnfinishedCancellation } from './cancellation.repository.ts';
import { cancellationNotFound } from './payment.errors.ts';
import type { RefundService } from './refund.service.ts';

/** What canceling performances stands on. */
export interface CancellationServiceDeps {
  readonly performances: CancelablePerformances;
  readonly cancellations: Pick<CancellationRepository, 'find' | 'toRefund' | 'finish'>;
  readonly refunds: Pick<RefundService, 'refundRest'>;
  readonly sales: Pick<CancelStore, 'endSale' | 'holds'>;
  readonly reservations: Pick<ReservationStore, 'read' | 'release'>;
  readonly liveSeats: Pick<LiveSeats, 'load'>;
  /** How long after a cancellation the last payment that began before it has ended, milliseconds. */
  readonly paymentsEndAfterMs: number;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Told of what went wrong and is tried again. */
  readonly onError: (error: unknown) => void;
}

/** Payments that are refunded in one go. */
const BATCH = 100;
/** Holds that are ended at the same time. */
const AT_ONCE = 50;

/**
 * Cancels performances: Postgres says that one is canceled, from then on no payment of it commits; Redis stops its sale; its
 * holds end; its tickets are refunded, payment by payment. Whoever stops in the middle leaves nothing that only they know.
 */
export class CancellationService {
  readonly #deps: CancellationServiceDeps;

  constructor(deps: CancellationServiceDeps) {
    this.#deps = deps;
  }

  /**
   * Cancels a performance, or says how far that is: repeating it changes nothing.
   *
   * @throws PERFORMANCE_NOT_FOUND, REQUEST_IN_PROGRESS
   */
  async cancel(performanceId: string): Promise<Cancellation> {
    const { performances, sales, onError } = this.#deps;
    const { concertId } = await performances.cancelPerformance(performanceId);
    try {
      await sales.endSale(concertId, performanceId);
    } catch (error) {
      onError(error);
    }
    return this.get(performanceId);
  }

  /**
   * How far the cancellation of a performance is.
   *
   * @throws PERFORMANCE_NOT_FOUND, CANCELLATION_NOT_FOUND
   */
  async get(performanceId: string): Promise<Cancellation> {
    const found = await this.#deps.cancellations.find(performanceId);
    if (found === undefined) throw performanceNotFound(performanceId);
    if (found === 'not-canceled') throw cancellationNotFound(performanceId);
    return found;
  }

  /**
   * Does a part of what is to be done for a canceled performance. Any number of instances may, at the same time.
   *
   * @returns whether more can be done at once
   */
  async tend({ concertId, performanceId }: UnfinishedCancellation): Promise<boolean> {
    const { cancellations, refunds, paymentsEndAfterMs } = this.#deps;
    const hasEnded = await this.#endSale(concertId, performanceId);
    const paymentIds = await cancellations.toRefund(performanceId, BATCH);
    let refunded = 0;
    for (const paymentId of this.#shuffled(paymentIds)) {
      if (await this.#tried(async () => refunds.refundRest(paymentId))) refunded += 1;
    }
    if (paymentIds.length > 0) return refunded > 0;
    if (hasEnded) await cancellations.finish(performanceId, paymentsEndAfterMs);
    return false;
  }

  /** Returns whether Redis knows that the sale has ended, and no hold is left but those that are being paid. */
  async #endSale(concertId: string, performanceId: string): Promise<boolean> {
    const { sales, liveSeats } = this.#deps;
    return this.#tried(async () => {
      await sales.endSale(concertId, performanceId);
      // Who holds is found by the index of the map.
      await liveSeats.load(concertId, performanceId);
      const ids = await sales.holds(concertId, performanceId);
      for (let start = 0; start < ids.length; start += AT_ONCE) {
        await Promise.all(ids.slice(start, start + AT_ONCE).map((id) => this.#endHold(concertId, id)));
      }
      return true;
    });
  }

  async #endHold(concertId: string, reservationId: string): Promise<void> {
    const { reservations } = this.#deps;
    const reservation = await reservations.read(concertId, reservationId);
    if (reservation?.state === 'HELD') await reservations.release(reservation, 'PERFORMANCE_CANCELED');
  }

  /** What cannot be done now must not hold up the rest; the next round tries it again. */
  async #tried(step: () => Promise<boolean>): Promise<boolean> {
    try {
      return await step();
    } catch (error) {
      this.#deps.onError(error);
      return false;
    }
  }

  /** In another order for each instance, so that they stand in each other's way little. */
  #shuffled(ids: readonly string[]): readonly string[] {
    return ids
      .map((id) => ({ id, at: this.#deps.random() }))
      .sort((a, b) => a.at - b.at)
      .map(({ id }) => id);
  }
}
