import type { EntityManager } from '@mikro-orm/core';
import { DomainError } from '../shared/domain-error.ts';
import { onceById } from '../shared/idempotency.ts';
import type { NewId } from '../shared/ids.ts';
import { OutboxEvent } from '../shared/outbox-event.entity.ts';
import type { Transactions } from '../shared/transactions.ts';
import type { Wallet, WalletService } from '../wallet/index.ts';
import { paymentNotFound, ticketAlreadyRefunded, ticketNotFound } from './payment.errors.ts';
import type { PaymentRepository } from './payment.repository.ts';
import type { Purchase } from './purchase.ts';
import { Refund } from './refund.entity.ts';
import { REFUNDED_EVENT, refundedPayload, type RefundedPurchase } from './refunded.ts';
import type { Ticket } from './ticket.entity.ts';

/** What the transaction of a refund stands on. */
export interface RefundDeps {
  readonly transactions: Pick<Transactions, 'run'>;
  readonly wallet: Pick<WalletService, 'lockWallet' | 'lockFreeWallet' | 'refundTo'>;
  readonly payments: Pick<PaymentRepository, 'findPayer' | 'lock' | 'findRefund'>;
  readonly newId: NewId;
  readonly idempotencyTtlMs: number;
}

/** What is to be refunded. */
export interface RefundInput {
  readonly paymentId: string;
  /** Empty for all tickets of the payment that are still valid. */
  readonly ticketIds: readonly string[];
  readonly idempotencyKey: string | undefined;
}

/** A refund, and whether an earlier call made it. */
export interface RefundResult extends RefundedPurchase {
  readonly replayed: boolean;
}

/**
 * The one transaction of a refund: the tickets are void if and only if their price is back in the wallet. Locks are taken
 * in the order idempotency row, wallet, payment, tickets.
 *
 * @throws PAYMENT_NOT_FOUND, TICKET_NOT_FOUND, TICKET_ALREADY_REFUNDED, IDEMPOTENCY_KEY_REUSED, with nothing changed
 */
export async function refundPayment(deps: RefundDeps, input: RefundInput): Promise<RefundResult> {
  const { paymentId, ticketIds, idempotencyKey: key } = input;
  // The same tickets in another order are the same request.
  const request = JSON.stringify([paymentId, ...ticketIds.toSorted()]);
  const call = { rpc: 'RefundPayment', subject: 'operator', key, request, ttlMs: deps.idempotencyTtlMs };
  const { outcome, replayed } = await deps.transactions.run(async (em) => {
    const id = deps.newId();
    const find = (refundId: string) => storedRefund(deps, em, refundId);
    return onceById(em, call, { id, find }, async () => {
      const wallet = await deps.wallet.lockWallet(em, await payerOf(deps, em, paymentId));
      if (!wallet) throw new Error('the wallet that paid is gone');
      return refundTickets(deps, em, wallet, { ...input, refundId: id });
    });
  });
  return { ...outcome, replayed };
}

/**
 * The same for all tickets of a payment that are still valid, where nobody else has its wallet locked: several instances that
 * refund many payments pass by what another one has in hand.
 *
 * @returns undefined where the wallet is locked, or nothing is left to refund
 */
export async function refundRest(deps: RefundDeps, paymentId: string): Promise<RefundedPurchase | undefined> {
  return deps.transactions.run(async (em) => {
    const wallet = await deps.wallet.lockFreeWallet(em, await payerOf(deps, em, paymentId));
    try {
      return wallet
        ? await refundTickets(deps, em, wallet, { refundId: deps.newId(), paymentId, ticketIds: [] })
        : undefined;
    } catch (error) {
      if (error instanceof DomainError && error.reason === 'TICKET_ALREADY_REFUNDED') return undefined;
      throw error;
    }
  });
}

async function payerOf({ payments }: RefundDeps, em: EntityManager, paymentId: string): Promise<string> {
  const userId = await payments.findPayer(em, paymentId);
  if (userId === undefined) throw paymentNotFound(paymentId);
  return userId;
}

/** Voids the tickets, gives the money back, and writes down both and the event. */
async function refundTickets(
  { wallet: wallets, payments, newId }: RefundDeps,
  em: EntityManager,
  wallet: Wallet,
  { refundId, paymentId, ticketIds }: Pick<RefundInput, 'paymentId' | 'ticketIds'> & { readonly refundId: string },
): Promise<RefundedPurchase> {
  const purchase = await payments.lock(em, paymentId);
  const voided = ticketsToVoid(purchase, ticketIds);

  const { payment, tickets } = purchase;
  const { userId } = payment;
  const amount = voided.reduce((sum, ticket) => sum + ticket.price, 0n);
  const { balanceAfter } = wallets.refundTo(em, wallet, { userId, paymentId, refundId, amount });
  const createdAt = new Date();
  const { performanceId, currencyCode, reservationId } = payment;
  const facts = { id: refundId, paymentId, userId, performanceId, amount, currencyCode, balanceAfter, createdAt };
  const refund = em.create(Refund, facts);
  for (const ticket of voided) {
    ticket.state = 'REFUNDED';
    ticket.refundId = refundId;
    ticket.refundedAt = createdAt;
  }
  payment.refundedAmount += amount;
  payment.state = payment.refundedAmount === payment.amount ? 'REFUNDED' : 'PARTLY_REFUNDED';
  const refunded = { refund, payment, tickets };
  em.create(OutboxEvent, {
    eventId: newId(),
    type: REFUNDED_EVENT,
    payload: refundedPayload(refunded),
    orderingKey: reservationId,
    createdAt,
  });
  await em.flush();
  return refunded;
}

function ticketsToVoid({ tickets }: Purchase, ticketIds: readonly string[]): readonly Ticket[] {
  if (ticketIds.length === 0) {
    const valid = tickets.filter((ticket) => ticket.state === 'VALID');
    if (valid.length === 0) throw ticketAlreadyRefunded(tickets.map((ticket) => ticket.id));
    return valid;
  }
  const byId = new Map(tickets.map((ticket) => [ticket.id, ticket]));
  const unknown = ticketIds.filter((id) => !byId.has(id));
  if (unknown.length > 0) throw ticketNotFound(unknown);
  const wanted = tickets.filter((ticket) => ticketIds.includes(ticket.id));
  const before = wanted.filter((ticket) => ticket.state === 'REFUNDED');
  if (before.length > 0) throw ticketAlreadyRefunded(before.map((ticket) => ticket.id));
  return wanted;
}

/** What is kept of a refund is its id: the refund itself is read again. */
async function storedRefund(deps: RefundDeps, em: EntityManager, refundId: string): Promise<RefundedPurchase> {
  const found = await deps.payments.findRefund(em, refundId);
  if (!found) throw new Error('a stored refund has no row');
  return found;
}
