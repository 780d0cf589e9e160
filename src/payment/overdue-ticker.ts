import type { Reservation, ReservationStore } from '../reservation/index.ts';
import { Ticker } from '../shared/ticker.ts';
import type { PaymentService } from './payment.service.ts';

/** What looking for overdue payments stands on. */
export interface OverdueTickerDeps {
  readonly reservations: Pick<ReservationStore, 'overduePayments'>;
  readonly payments: Pick<PaymentService, 'resolveOverdue'>;
  readonly openLines: () => Promise<readonly string[]>;
  readonly clockSkewMs: number;
  readonly intervalMs: number;
  readonly onError: (error: unknown, concertId?: string) => void;
}

/**
 * Finishes payments that a crash cut off between fence and commit, on every instance: resolving one twice changes
 * nothing.
 */
export class OverdueTicker {
  readonly #deps: OverdueTickerDeps;
  readonly #ticker: Ticker;

  constructor(deps: OverdueTickerDeps) {
    this.#deps = deps;
    this.#ticker = new Ticker(() => this.round(), deps.intervalMs, deps.onError);
  }

  /** Begins. */
  start(): void {
    this.#ticker.start();
  }

  /** Ends; resolves when the present round has ended. */
  async stop(): Promise<void> {
    await this.#ticker.stop();
  }

  /** Looks through all open lines once. */
  async round(): Promise<void> {
    const { reservations, clockSkewMs, onError } = this.#deps;
    for (const concertId of await this.#deps.openLines()) {
      try {
        const overdue = await reservations.overduePayments(concertId, clockSkewMs);
        for (const reservation of overdue) await this.#resolve(reservation);
      } catch (error) {
        onError(error, concertId);
      }
    }
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
