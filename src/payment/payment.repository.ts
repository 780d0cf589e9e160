import { LockMode, type EntityManager } from '@mikro-orm/core';
import type { PaidPlaces } from '../queue/index.ts';
import type { SoldSeat, SoldSeatSource } from '../reservation/index.ts';
import { newestFirst } from '../shared/newest-first.ts';
import type { Page, PageRequest } from '../shared/page.ts';
import { rowsOf } from '../shared/rows.ts';
import { Payment } from './payment.entity.ts';
import type { Purchase } from './purchase.ts';
import { Refund } from './refund.entity.ts';
import type { RefundedPurchase } from './refunded.ts';
import { Ticket } from './ticket.entity.ts';

// Each by an index: of valid tickets by performance, of payments by performance.
const SOLD_SEATS = `
  select t.seat_number as "seatNumber", t.user_id as "userId", p.reservation_id as "reservationId"
  from tickets t join payments p on p.id = t.payment_id
  where t.performance_id = ? and t.state = 'VALID' order by t.seat_number`;

const REFUNDED_SEATS = `
  select t.seat_number as "seatNumber", t.user_id as "userId", p.reservation_id as "reservationId"
  from payments p join tickets t on t.payment_id = p.id
  where p.performance_id = ? and p.state <> 'PAID' and t.state = 'REFUNDED'`;

/** Has a row where a performance, its parameter, was canceled. */
export const IS_CANCELED = 'select 1 from performances where id = ? and canceled_at is not null';

/** Reads payments and tickets. What joins a transaction takes its entity manager first. */
export class PaymentRepository implements SoldSeatSource, PaidPlaces {
  readonly #em: EntityManager;

  constructor(em: EntityManager) {
    this.#em = em;
  }

  /** The purchase of a reservation, as the transaction sees it. */
  async findByReservation(em: EntityManager, reservationId: string): Promise<Purchase | undefined> {
    const payment = await em.findOne(Payment, { reservationId });
    return payment ? this.#withTickets(em, payment) : undefined;
  }

  /** A purchase by the id of its payment, as the transaction sees it. */
  async findById(em: EntityManager, paymentId: string): Promise<Purchase | undefined> {
    const payment = await em.findOne(Payment, { id: paymentId });
    return payment ? this.#withTickets(em, payment) : undefined;
  }

  /** A payment of a user with its tickets. */
  async find(userId: string, paymentId: string): Promise<Purchase | undefined> {
    const em = this.#em.fork();
    const payment = await em.findOne(Payment, { id: paymentId, userId });
    return payment ? this.#withTickets(em, payment) : undefined;
  }

  /** Whose a payment is; read without a lock, as it never changes. */
  async findPayer(em: EntityManager, paymentId: string): Promise<string | undefined> {
    const payment = await em.findOne(Payment, { id: paymentId }, { fields: ['userId'], disableIdentityMap: true });
    return payment?.userId;
  }

  /** A payment that exists and its tickets, locked until the end of the transaction. */
  async lock(em: EntityManager, paymentId: string): Promise<Purchase> {
    const lockMode = LockMode.PESSIMISTIC_WRITE;
    const payment = await em.findOneOrFail(Payment, { id: paymentId }, { lockMode });
    const tickets = await em.find(Ticket, { paymentId }, { orderBy: { seatNumber: 'asc' }, lockMode });
    return { payment, tickets };
  }

  /** A refund with its payment and the payment's tickets, as the transaction sees them. */
  async findRefund(em: EntityManager, refundId: string): Promise<RefundedPurchase | undefined> {
    const refund = await em.findOne(Refund, { id: refundId });
    if (!refund) return undefined;
    const payment = await em.findOneOrFail(Payment, { id: refund.paymentId });
    return { refund, ...(await this.#withTickets(em, payment)) };
  }

  /** The payments of a user, newest first. */
  async listPayments(userId: string, request: PageRequest): Promise<Page<Payment>> {
    const { after, options, toPage } = newestFirst(request);
    return toPage(await this.#em.fork().find(Payment, { userId, ...after }, options));
  }

  /** The tickets of a user, newest first. */
  async listTickets(userId: string, request: PageRequest): Promise<Page<Ticket>> {
    const { after, options, toPage } = newestFirst(request);
    return toPage(await this.#em.fork().find(Ticket, { userId, ...after }, options));
  }

  /** The seats of a performance that have a valid ticket. */
  async soldSeats(performanceId: string): Promise<readonly SoldSeat[]> {
    return rowsOf<SoldSeat>(this.#em, SOLD_SEATS, [performanceId]);
  }

  /** The seats of a performance whose tickets were refunded, each as often as that happened. */
  async refundedSeats(performanceId: string): Promise<readonly SoldSeat[]> {
    return rowsOf<SoldSeat>(this.#em, REFUNDED_SEATS, [performanceId]);
  }

  /** Whether a performance was canceled, as Postgres has it at this moment. */
  async isCanceled(performanceId: string): Promise<boolean> {
    return (await rowsOf(this.#em, IS_CANCELED, [performanceId])).length > 0;
  }

  /** The places in a concert's line that have paid, in any of its epochs. */
  async paidPlaces(concertId: string): Promise<readonly { userId: string; epoch: number; number: number }[]> {
    const fields = ['userId', 'placeEpoch', 'placeNumber'] as const;
    const payments = await this.#em.fork().find(Payment, { concertId }, { fields });
    return payments.map(({ userId, placeEpoch, placeNumber }) => ({ userId, epoch: placeEpoch, number: placeNumber }));
  }

  async #withTickets(em: EntityManager, payment: Payment): Promise<Purchase> {
    const tickets = await em.find(Ticket, { paymentId: payment.id }, { orderBy: { seatNumber: 'asc' } });
    return { payment, tickets };
  }
}
