import type { EntityManager } from '@mikro-orm/core';
import type { PaidPlaces } from '../queue/index.ts';
import type { SoldSeat, SoldSeatSource } from '../reservation/index.ts';
import { newestFirst } from '../shared/newest-first.ts';
import type { Page, PageRequest } from '../shared/page.ts';
import { Payment } from './payment.entity.ts';
import type { Purchase } from './purchase.ts';
import { Ticket } from './ticket.entity.ts';

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
    return this.#em
      .fork()
      .find(
        Ticket,
        { performanceId, state: 'VALID' },
        { fields: ['seatNumber', 'userId'], orderBy: { seatNumber: 'asc' } },
      );
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
