import { UniqueConstraintViolationException, type EntityManager } from '@mikro-orm/core';
import { paymentInProgress, totalPrice, type Reservation } from '../reservation/index.ts';
import { DomainError } from '../shared/domain-error.ts';
import { once, type IdempotentCall } from '../shared/idempotency.ts';
import type { NewId } from '../shared/ids.ts';
import { OutboxEvent } from '../shared/outbox-event.entity.ts';
import type { WalletService } from '../wallet/index.ts';
import { seatLost } from './payment.errors.ts';
import { Payment } from './payment.entity.ts';
import type { PaymentRepository } from './payment.repository.ts';
import { PAID_EVENT, paidPayload, type Purchase } from './purchase.ts';
import { Ticket, TICKET_SEAT_INDEX } from './ticket.entity.ts';

/** What the transaction of a payment stands on. */
export interface CommitDeps {
  readonly em: EntityManager;
  readonly wallet: Pick<WalletService, 'lockWallet' | 'payFrom'>;
  readonly payments: Pick<PaymentRepository, 'findByReservation' | 'soldSeats'>;
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
 * Ends the transaction at the deadline, by Postgres's clock, whatever it waits for; no row where the deadline has passed.
 * So a process that was stopped between the fence and here does no harm when it wakes up.
 */
const FENCE_TRANSACTION = `
  select set_config('transaction_timeout', left_ms::text, true) as timeout
  from (select ceil(? - extract(epoch from clock_timestamp()) * 1000)::bigint as left_ms) as deadline
  where left_ms > 0`;

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
    const { outcome, replayed } = await deps.em.fork().transactional(async (em) => {
      await fenceTransaction(em, reservation);
      const call = callOf(deps, reservation, idempotencyKey);
      const result = await once(em, call, codecOf(deps, em, reservation), () => buy(deps, em, reservation));
      committing = true;
      return result;
    });
    return { kind: 'paid', purchase: outcome.purchase, replayed: replayed || outcome.found };
  } catch (error) {
    if (committing && !(error instanceof DomainError) && !isRefusedByServer(error))
      return { kind: 'unknown', cause: error };
    return { kind: 'refused', cause: isSeatIndex(error) ? await lostSeats(deps, reservation) : error };
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
  refusal: DomainError,
): Promise<Purchase & { readonly replayed: true }> {
  const { outcome } = await deps.em.fork().transactional(async (em) => {
    const call = callOf(deps, reservation, idempotencyKey);
    return once(em, call, codecOf(deps, em, reservation), async () => {
      const purchase = await deps.payments.findByReservation(em, reservation.reservationId);
      if (purchase?.payment.userId !== reservation.userId) throw refusal;
      return { purchase, found: true };
    });
  });
  return { ...outcome.purchase, replayed: true };
}

interface Bought {
  readonly purchase: Purchase;
  /** The reservation had been paid before. */
  readonly found: boolean;
}

async function buy(deps: CommitDeps, em: EntityManager, reservation: Reservation): Promise<Bought> {
  const { userId, reservationId, concertId, performanceId, currencyCode } = reservation;
  const wallet = await deps.wallet.lockWallet(em, userId);
  const before = await deps.payments.findByReservation(em, reservationId);
  if (before) return { purchase: before, found: true };

  const paymentId = deps.newId();
  const amount = totalPrice(reservation);
  const transfer = deps.wallet.payFrom(em, wallet, { userId, paymentId, amount });
  // The database would set the time of the transaction too, but then reading it back costs a statement.
  const createdAt = new Date();
  const payment = em.create(Payment, {
    id: paymentId,
    reservationId,
    userId,
    concertId,
    performanceId,
    amount,
    currencyCode,
    balanceAfter: transfer.balanceAfter,
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
  return { purchase, found: false };
}

async function fenceTransaction(em: EntityManager, reservation: Reservation): Promise<void> {
  const params = [reservation.paymentDeadlineMs];
  const rows: unknown = await em.getConnection().execute(FENCE_TRANSACTION, params, 'all', em.getTransactionContext());
  if (!Array.isArray(rows) || rows.length === 0) throw paymentInProgress(reservation.reservationId);
}

type Paid = Pick<Reservation, 'userId' | 'reservationId'>;

function callOf(deps: CommitDeps, { userId, reservationId }: Paid, key: string | undefined): IdempotentCall {
  return { rpc: 'PayReservation', subject: userId, key, request: reservationId, ttlMs: deps.idempotencyTtlMs };
}

/** What is kept of a payment is its reservation: the payment itself is read again. */
function codecOf(deps: CommitDeps, em: EntityManager, reservation: Paid) {
  return {
    encode: () => reservation.reservationId,
    decode: async (): Promise<Bought> => {
      const purchase = await deps.payments.findByReservation(em, reservation.reservationId);
      if (!purchase) throw new Error('a stored payment has no row');
      return { purchase, found: true };
    },
  };
}

/** Whether the server itself answered that the transaction failed: then it is rolled back, also while committing. */
function isRefusedByServer(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  // Class 08 is a broken connection, class 57 a server that goes away, 25P04 a transaction ended at its timeout: all of
  // them may come with a COMMIT under way.
  return /^[0-9A-Z]{5}$/.test(code) && !/^(08|57)/.test(code) && code !== '25P04';
}

function isSeatIndex(error: unknown): boolean {
  if (!(error instanceof UniqueConstraintViolationException)) return false;
  return 'constraint' in error && error.constraint === TICKET_SEAT_INDEX;
}

async function lostSeats(deps: CommitDeps, reservation: Reservation): Promise<DomainError> {
  const sold = new Set((await deps.payments.soldSeats(reservation.performanceId)).map((seat) => seat.seatNumber));
  return seatLost(reservation.seats.map((seat) => seat.number).filter((number) => sold.has(number)));
}
