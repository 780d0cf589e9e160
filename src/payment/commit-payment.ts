import type { EntityManager } from '@mikro-orm/core';
import { paymentInProgress, performanceCanceled, totalPrice, type Reservation } from '../reservation/index.ts';
import { DomainError } from '../shared/domain-error.ts';
import { idIn, once, onceById, type Guard, type IdempotentCall } from '../shared/idempotency.ts';
import type { NewId } from '../shared/ids.ts';
import type { Json } from '../shared/json.ts';
import { OutboxEvent } from '../shared/outbox-event.entity.ts';
import { rowsOf } from '../shared/rows.ts';
import type { Transactions } from '../shared/transactions.ts';
import { breaksUniqueIndex } from '../shared/unique-index.ts';
import type { WalletService } from '../wallet/index.ts';
import { seatLost } from './payment.errors.ts';
import { Payment, PAYMENT_RESERVATION_INDEX } from './payment.entity.ts';
import { IS_CANCELED, type PaymentRepository } from './payment.repository.ts';
import { PAID_EVENT, paidPayload, type Purchase } from './purchase.ts';
import { Ticket, TICKET_SEAT_INDEX } from './ticket.entity.ts';

/** What the transaction of a payment stands on. */
export interface CommitDeps {
  readonly transactions: Pick<Transactions, 'run'>;
  readonly wallet: Pick<WalletService, 'lockWallet' | 'payFrom'>;
  readonly payments: Pick<PaymentRepository, 'findByReservation' | 'findById' | 'soldSeats'>;
  readonly newId: NewId;
  readonly idempotencyTtlMs: number;
}

/** How the transaction of a payment ended. */
export type CommitResult =
  | { readonly kind: 'paid'; readonly purchase: Purchase; readonly replayed: boolean }
  /** Rolled back for certain; the cause says why. */
  | { readonly kind: 'refused'; readonly cause: unknown }
  /** The answer to COMMIT was lost: only Postgres knows. */
  | { readonly kind: 'unknown'; readonly cause: unknown };

/**
 * Ends the transaction at the deadline, by Postgres's clock, whatever it waits for; no row where the deadline has passed or
 * the performance was canceled. So a process that was stopped between the fence and here does no harm when it wakes up.
 */
const FENCE_TRANSACTION = `
  select set_config('transaction_timeout', left_ms::text, true) as timeout
  from (select ceil(? - extract(epoch from clock_timestamp()) * 1000)::bigint as left_ms) as deadline
  where left_ms > 0 and not exists (select 1 from performances where id = ? and canceled_at is not null)`;

/**
 * The one transaction of a payment: the wallet is debited if and only if the tickets exist. Locks are taken in the order
 * idempotency row, wallet, payment, tickets. A reservation that is paid already gives the payment that paid it.
 *
 * @param reservation as the fence answered it, PAYING with its deadline
 */
export async function commitPayment(
  deps: CommitDeps,
  reservation: Reservation,
  idempotencyKey: string | undefined,
): Promise<CommitResult> {
  let committing = false;
  try {
    const { outcome, replayed } = await deps.transactions.run(async (em) => {
      committing = false;
      const paymentId = deps.newId();
      const call = callOf(deps, reservation, idempotencyKey);
      const find = (id: string) => found(deps, em, id);
      const buyIt = () => buy(deps, em, reservation, paymentId);
      const result = await onceById(em, call, { id: paymentId, find }, buyIt, fenceOf(em, reservation));
      committing = true;
      return result;
    });
    return { kind: 'paid', purchase: outcome, replayed };
  } catch (error) {
    if (committing && !(error instanceof DomainError) && !isRefusedByServer(error))
      return { kind: 'unknown', cause: error };
    return await explained(deps, reservation, idempotencyKey, error);
  }
}

/**
 * The purchase of a reservation that cannot be paid now because it is paid already. What Postgres has stored comes before
 * what Redis says, so that a retry gets the first call's outcome.
 *
 * @param refusal what Redis said
 * @throws the refusal where Postgres has no payment of this user for it, IDEMPOTENCY_KEY_REUSED
 */
export async function findPaid(
  deps: CommitDeps,
  reservation: Paid,
  idempotencyKey: string | undefined,
  refusal: unknown,
): Promise<Purchase & { readonly replayed: true }> {
  const { outcome } = await deps.transactions.run(async (em) => {
    const codec = {
      encode: ({ payment }: Purchase) => ({ id: payment.id }),
      decode: (stored: Json) => found(deps, em, idIn(stored)),
    };
    return once(em, callOf(deps, reservation, idempotencyKey), codec, async () => {
      const purchase = await deps.payments.findByReservation(em, reservation.reservationId);
      if (purchase?.payment.userId !== reservation.userId) throw refusal;
      return purchase;
    });
  });
  return { ...outcome, replayed: true };
}

/**
 * Nothing is asked before it is written: that the reservation has no payment and the seats no tickets is for the unique
 * indexes to say, whose refusal is explained afterwards. It is rare, and asking costs every payment a round trip.
 */
async function buy(
  deps: CommitDeps,
  em: EntityManager,
  reservation: Reservation,
  paymentId: string,
): Promise<Purchase> {
  const { userId, reservationId, concertId, performanceId, currencyCode } = reservation;
  const wallet = await deps.wallet.lockWallet(em, userId);
  const transfer = deps.wallet.payFrom(em, wallet, { userId, paymentId, amount: totalPrice(reservation) });
  // The database would set the time of the transaction too, but then reading it back costs a statement.
  const createdAt = new Date();
  const payment = em.create(Payment, {
    id: paymentId,
    reservationId,
    userId,
    concertId,
    performanceId,
    amount: transfer.amount,
    currencyCode,
    balanceAfter: transfer.balanceAfter,
    refundedAmount: 0n,
    state: 'PAID',
    placeNumber: reservation.placeNumber,
    placeEpoch: reservation.placeEpoch,
    createdAt,
  });
  const tickets = reservation.seats.map((seat) =>
    em.create(Ticket, {
      id: deps.newId(),
      paymentId,
      userId,
      concertId,
      performanceId,
      seatNumber: seat.number,
      price: seat.price,
      currencyCode,
      state: 'VALID',
      createdAt,
    }),
  );
  const purchase = { payment, tickets };
  em.create(OutboxEvent, {
    eventId: deps.newId(),
    type: PAID_EVENT,
    payload: paidPayload(purchase),
    orderingKey: reservationId,
    createdAt,
  });
  await em.flush();
  return purchase;
}

function fenceOf(em: EntityManager, { paymentDeadlineMs, performanceId, reservationId }: Reservation): Guard {
  return {
    sql: FENCE_TRANSACTION,
    params: [paymentDeadlineMs, performanceId],
    async refusal() {
      const canceled = await rowsOf(em, IS_CANCELED, [performanceId]);
      return canceled.length > 0 ? performanceCanceled(performanceId) : paymentInProgress(reservationId);
    },
  };
}

type Paid = Pick<Reservation, 'userId' | 'reservationId'>;

function callOf(deps: CommitDeps, { userId, reservationId }: Paid, key: string | undefined): IdempotentCall {
  return { rpc: 'PayReservation', subject: userId, key, request: reservationId, ttlMs: deps.idempotencyTtlMs };
}

/** What is kept of a payment is its id: the payment itself is read again. */
async function found({ payments }: CommitDeps, em: EntityManager, paymentId: string): Promise<Purchase> {
  const purchase = await payments.findById(em, paymentId);
  if (!purchase) throw new Error('a stored payment has no row');
  return purchase;
}

/** What a transaction that is rolled back for certain came to. */
async function explained(
  deps: CommitDeps,
  reservation: Reservation,
  idempotencyKey: string | undefined,
  error: unknown,
): Promise<CommitResult> {
  if (breaksUniqueIndex(error, TICKET_SEAT_INDEX))
    return { kind: 'refused', cause: await lostSeats(deps, reservation) };
  if (!mayBePaid(error)) return { kind: 'refused', cause: error };
  try {
    const { replayed, ...purchase } = await findPaid(deps, reservation, idempotencyKey, error);
    return { kind: 'paid', purchase, replayed };
  } catch (cause) {
    // It may be paid, which could not be asked: the hold must not go back.
    if (cause !== error && !(cause instanceof DomainError)) return { kind: 'unknown', cause };
    return { kind: 'refused', cause };
  }
}

/** Whether the reservation may have been paid before: by that, the wallet may lack the price now. */
function mayBePaid(error: unknown): boolean {
  const lacksPrice = error instanceof DomainError && error.reason === 'INSUFFICIENT_BALANCE';
  return lacksPrice || breaksUniqueIndex(error, PAYMENT_RESERVATION_INDEX);
}

/** Whether the server itself answered that the transaction failed: then it is rolled back, also while committing. */
function isRefusedByServer(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  // Class 08 is a broken connection, class 57 a server that goes away, 25P04 a transaction ended at its timeout: all of
  // them may come with a COMMIT under way.
  return /^[0-9A-Z]{5}$/.test(code) && !/^(08|57)/.test(code) && code !== '25P04';
}

async function lostSeats(deps: CommitDeps, reservation: Reservation): Promise<DomainError> {
  const sold = new Set((await deps.payments.soldSeats(reservation.performanceId)).map((seat) => seat.seatNumber));
  return seatLost(reservation.seats.map((seat) => seat.number).filter((number) => sold.has(number)));
}
