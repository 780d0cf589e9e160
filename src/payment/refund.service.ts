import type { ReservationStore } from '../reservation/index.ts';
import { refundPayment, refundRest, type RefundDeps, type RefundInput, type RefundResult } from './refund-payment.ts';
import { refundedSaleOf, type RefundedPurchase } from './refunded.ts';

/** What the use cases of refunds stand on. */
export interface RefundServiceDeps extends RefundDeps {
  readonly reservations: Pick<ReservationStore, 'refund'>;
  /** Told of what went wrong after the commit, which the relay then finishes. */
  readonly onError: (error: unknown) => void;
}

/** Gives money back: commit (Postgres), then the seats are on sale again (Redis), which the outbox relay repeats. */
export class RefundService {
  readonly #deps: RefundServiceDeps;

  constructor(deps: RefundServiceDeps) {
    this.#deps = deps;
  }

  /**
   * Refunds a payment, or some of its tickets, each once: all of them or none.
   *
   * @throws PAYMENT_NOT_FOUND, TICKET_NOT_FOUND, TICKET_ALREADY_REFUNDED, IDEMPOTENCY_KEY_REUSED, REQUEST_IN_PROGRESS
   */
  async refund(input: RefundInput): Promise<RefundResult> {
    const result = await refundPayment(this.#deps, input);
    await this.#putOnSale(result);
    return result;
  }

  /**
   * Refunds what is still valid of a payment, unless its wallet is locked by somebody else at this moment.
   *
   * @returns whether something was refunded
   */
  async refundRest(paymentId: string): Promise<boolean> {
    const refunded = await refundRest(this.#deps, paymentId);
    if (refunded) await this.#putOnSale(refunded);
    return refunded !== undefined;
  }

  /** The money is back: what fails from here on is finished by the relay, and the caller is answered all the same. */
  async #putOnSale(refunded: RefundedPurchase): Promise<void> {
    try {
      await this.#deps.reservations.refund(refundedSaleOf(refunded));
    } catch (error) {
      this.#deps.onError(error);
    }
  }
}
