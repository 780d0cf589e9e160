import type { QueueStore } from '../queue/index.ts';
import {
  holdExpired,
  paymentInProgress,
  performanceCanceled,
  reservationNotFound,
  reservationReleased,
  type LiveSeats,
  type Reservation,
  type ReservationStore,
} from '../reservation/index.ts';
import { DomainError } from '../shared/domain-error.ts';
import type { Page, PageRequest } from '../shared/page.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';
import { commitPayment, findPaid, type CommitDeps } from './commit-payment.ts';
import type { Payment } from './payment.entity.ts';
import { paymentNotFound, paymentOutcomeUnknown } from './payment.errors.ts';
import type { PaymentRepository } from './payment.repository.ts';
import { saleOf, type Purchase } from './purchase.ts';
import type { Ticket } from './ticket.entity.ts';

/** What the use cases of payment stand on. */
export interface PaymentServiceDeps extends CommitDeps {
  readonly payments: CommitDeps['payments'] & Pick<PaymentRepository, 'find' | 'listPayments' | 'listTickets'>;
  readonly reservations: Pick<ReservationStore, 'read' | 'fence' | 'giveBack' | 'settle'>;
  readonly liveSeats: Pick<LiveSeats, 'reload'>;
  readonly queue: Pick<QueueStore, 'advance'>;
  /** How far the clocks of Redis and Postgres may differ, milliseconds. */
  readonly clockSkewMs: number;
  /** Told of what went wrong after the commit, which the relay then finishes. */
  readonly onError: (error: unknown) => void;
}

/** A purchase, and whether an earlier call made it. */
export interface PayResult extends Purchase {
  readonly replayed: boolean;
}

/**
 * Turns a reservation into tickets in steps that are each safe to repeat: fence (Redis), commit (Postgres), settle
 * (Redis). A crash between commit and settle is finished by the outbox relay; a crash between fence and commit by
 * whoever finds the payment past its deadline and asks Postgres.
 */
export class PaymentService {
  readonly #deps: PaymentServiceDeps;

  constructor(deps: PaymentServiceDeps) {
    this.#deps = deps;
  }

  /**
   * Pays a reservation. Past the fence it runs to its end, whether or not anybody still waits.
   *
   * @throws RESERVATION_NOT_FOUND, HOLD_EXPIRED, RESERVATION_RELEASED, PERFORMANCE_CANCELED, INSUFFICIENT_BALANCE, SEAT_LOST,
   *   PAYMENT_IN_PROGRESS, PAYMENT_OUTCOME_UNKNOWN, IDEMPOTENCY_KEY_REUSED, REQUEST_IN_PROGRESS
   */
  async pay(claims: PlaceClaims, reservationId: string, idempotencyKey: string | undefined): Promise<PayResult> {
    const fenced = await this.#fence(claims, reservationId);
    if (fenced instanceof DomainError) {
      return findPaid(this.#deps, { userId: claims.userId, reservationId }, idempotencyKey, fenced);
    }
    const result = await commitPayment(this.#deps, fenced, idempotencyKey);
    switch (result.kind) {
      case 'paid':
        await this.#settle(result.purchase);
        return { ...result.purchase, replayed: result.replayed };
      case 'refused':
        await this.#giveBack(fenced, result.cause);
        throw result.cause;
      case 'unknown':
        throw paymentOutcomeUnknown(reservationId, result.cause);
    }
  }

  /**
   * Reads a payment of a user with its tickets.
   *
   * @throws PAYMENT_NOT_FOUND
   */
  async get(userId: string, paymentId: string): Promise<Purchase> {
    const purchase = await this.#deps.payments.find(userId, paymentId);
    if (!purchase) throw paymentNotFound(paymentId);
    return purchase;
  }

  /** Lists the payments of a user, newest first. */
  async listPayments(userId: string, request: PageRequest): Promise<Page<Payment>> {
    return this.#deps.payments.listPayments(userId, request);
  }

  /** Lists the tickets of a user, newest first. */
  async listTickets(userId: string, request: PageRequest): Promise<Page<Ticket>> {
    return this.#deps.payments.listTickets(userId, request);
  }

  /**
   * Finishes a payment that is past its deadline, the only way in which it can be known: Postgres is asked, behind the
   * lock that a payment still under way would hold. Paid is settled, not paid is given back.
   *
   * @returns the purchase, or undefined where the payment never happened
   */
  async resolveOverdue(reservation: Reservation): Promise<Purchase | undefined> {
    const { transactions, wallet, payments, reservations } = this.#deps;
    const purchase = await transactions.run(async (tx) => {
      await wallet.lockWallet(tx, reservation.userId);
      return payments.findByReservation(tx, reservation.reservationId);
    });
    if (purchase) await reservations.settle(saleOf(purchase));
    else await reservations.giveBack(reservation, 'overdue');
    return purchase;
  }

  /** Fences the reservation, or says why it cannot be paid now: for one that is paid, Postgres has the answer. */
  async #fence(claims: PlaceClaims, reservationId: string): Promise<Reservation | DomainError> {
    const { reservations, clockSkewMs } = this.#deps;
    const reservation = await reservations.read(claims.concertId, reservationId);
    if (reservation?.userId !== claims.userId) return reservationNotFound(reservationId);
    let result = await reservations.fence(reservation);
    if (result.kind === 'overdue') {
      const { asOfMs, paymentDeadlineMs } = result.reservation;
      if (asOfMs < paymentDeadlineMs + clockSkewMs) return paymentInProgress(reservationId);
      await this.resolveOverdue(result.reservation);
      result = await reservations.fence(reservation);
    }
    switch (result.kind) {
      case 'fenced':
        return result.reservation;
      case 'paid':
      case 'overdue':
        return paymentInProgress(reservationId);
      case 'released':
        return reservationReleased(reservationId);
      case 'expired':
        return holdExpired(reservationId);
      case 'not-found':
        return reservationNotFound(reservationId);
      case 'canceled':
        return performanceCanceled(reservation.performanceId);
    }
  }

  /** The tickets exist: what fails from here on is finished by the relay, and the caller is answered all the same. */
  async #settle(purchase: Purchase): Promise<void> {
    try {
      await this.#deps.reservations.settle(saleOf(purchase));
      await this.#deps.queue.advance(purchase.payment.concertId);
    } catch (error) {
      this.#deps.onError(error);
    }
  }

  /** A hold that cannot be given back now is given back once its payment is overdue. */
  async #giveBack(reservation: Reservation, cause: unknown): Promise<void> {
    try {
      if (cause instanceof DomainError && cause.reason === 'SEAT_LOST') {
        await this.#deps.liveSeats.reload(reservation.concertId, reservation.performanceId);
      }
      await this.#deps.reservations.giveBack(reservation, 'refused');
    } catch (error) {
      this.#deps.onError(error);
    }
  }
}
