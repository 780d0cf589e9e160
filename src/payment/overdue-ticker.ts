import { OpenLineTask, type OpenLineTaskOptions } from '../queue/index.ts';
import type { Reservation, ReservationStore } from '../reservation/index.ts';
import type { PaymentService } from './payment.service.ts';

/** What looking for overdue payments stands on. */
export interface OverdueTickerDeps extends OpenLineTaskOptions {
  readonly reservations: Pick<ReservationStore, 'overduePayments'>;
  readonly payments: Pick<PaymentService, 'resolveOverdue'>;
  readonly clockSkewMs: number;
}

/**
 * Finishes payments that a crash cut off between fence and commit, on every instance: resolving one twice changes
 * nothing.
 */
export class OverdueTicker extends OpenLineTask {
  readonly #deps: OverdueTickerDeps;

  constructor(deps: OverdueTickerDeps) {
    super(deps);
    this.#deps = deps;
  }

  protected override async tend(concertId: string): Promise<void> {
    const { reservations, clockSkewMs } = this.#deps;
    const overdue = await reservations.overduePayments(concertId, clockSkewMs);
    for (const reservation of overdue) await this.#resolve(reservation);
  }

  /** One that cannot be resolved now comes first again in the next round: it must not hold up those behind it. */
  async #resolve(reservation: Reservation): Promise<void> {
    try {
      await this.#deps.payments.resolveOverdue(reservation);
    } catch (error) {
      this.#deps.onError(error, reservation.concertId);
    }
  }
}
