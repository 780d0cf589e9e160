import type { EntityManager } from '@mikro-orm/core';
import type { SoldSeat, SoldSeatSource } from '../reservation/index.ts';
import { cursorOf, pageOf, pageSizeOf, type Page, type PageRequest } from '../shared/page.ts';
import { Payment } from './payment.entity.ts';
import type { Purchase } from './purchase.ts';
import { Ticket } from './ticket.entity.ts';

/** Reads payments and tickets. What joins a transaction takes its entity manager first. */
export class PaymentRepository implements SoldSeatSource {
  readonly #em: EntityManager;

  constructor(em: EntityManager) {
    this.#em = em;
  }

  /** The purchase of a reservation, as the transaction sees it. */
  async findByReservation(em: EntityManager, reservationId: string): Promise<Purchase | undefined> {
    const payment = await em.findOne(Payment, { reservationId });
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
    const { after, pageSize } = pageAfter(request);
    const found = await this.#em
      .fork()
      .find(Payment, { userId, ...after }, { orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], limit: pageSize + 1 });
    return pageOf(found, pageSize, cursorText);
  }

  /** The tickets of a user, newest first. */
  async listTickets(userId: string, request: PageRequest): Promise<Page<Ticket>> {
    const { after, pageSize } = pageAfter(request);
    const found = await this.#em
      .fork()
      .find(Ticket, { userId, ...after }, { orderBy: [{ createdAt: 'desc' }, { id: 'desc' }], limit: pageSize + 1 });
    return pageOf(found, pageSize, cursorText);
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

  async #withTickets(em: EntityManager, payment: Payment): Promise<Purchase> {
    const tickets = await em.find(Ticket, { paymentId: payment.id }, { orderBy: { seatNumber: 'asc' } });
    return { payment, tickets };
  }
}

interface Dated {
  readonly id: string;
  readonly createdAt: Date;
}

function cursorText(last: Dated): string {
  return `${last.createdAt.getTime()} ${last.id}`;
}

/** The rows after a page's end, in the order (created_at, id) from newest to oldest. */
function pageAfter(request: PageRequest) {
  const cursor = cursorOf(request, (text) => {
    const match = /^(\d{1,15}) ([0-9a-f-]{36})$/.exec(text);
    return match?.[1] && match[2] ? { createdAt: new Date(Number(match[1])), id: match[2] } : undefined;
  });
  const after = cursor && {
    $or: [{ createdAt: { $lt: cursor.createdAt } }, { createdAt: cursor.createdAt, id: { $lt: cursor.id } }],
  };
  return { after: after ?? {}, pageSize: pageSizeOf(request) };
}
