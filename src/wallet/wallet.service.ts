import type { EntityManager } from '@mikro-orm/core';
import type { Clock } from '../shared/clock.ts';
import { onceById } from '../shared/idempotency.ts';
import type { NewId } from '../shared/ids.ts';
import { cursorOf, pageOf, pageSizeOf } from '../shared/page.ts';
import type { Page, PageRequest } from '../shared/page.ts';
import { OutboxEvent } from '../shared/outbox-event.entity.ts';
import { rowsOf } from '../shared/rows.ts';
import type { Transactions } from '../shared/transactions.ts';
import { breaksUniqueIndex } from '../shared/unique-index.ts';
import type { ChargeLimits } from './charge-limits.ts';
import {
  EXTERNAL_REFERENCE_INDEX,
  LedgerTransfer,
  OUTSIDE_ACCOUNT,
  REVENUE_ACCOUNT,
  walletAccount,
} from './ledger-transfer.entity.ts';
import { entryOf } from './ledger-entry.ts';
import type { LedgerEntry } from './ledger-entry.ts';
import { Wallet } from './wallet.entity.ts';
import { externalReferenceUsed, insufficientBalance } from './wallet.errors.ts';

/** The type of the outbox event of a charge: nothing but other systems hears of it. */
export const CHARGED_EVENT = 'CHARGED';

/** What the wallets need. */
export interface WalletOptions {
  /** The ORM's own entity manager: each reading forks it. */
  readonly em: EntityManager;
  readonly transactions: Pick<Transactions, 'run'>;
  readonly newId: NewId;
  readonly clock: Clock;
  readonly chargeLimits: ChargeLimits;
  /** For how long an idempotency key is remembered, milliseconds. */
  readonly idempotencyTtlMs: number;
}

/** A charge that is to be made. */
export interface ChargeInput {
  /** Whose wallet, a UUID in lower case. */
  readonly userId: string;
  /** How much, minor unit, at least 1. */
  readonly amount: bigint;
  /** What the payment provider calls the payment; it is credited once. */
  readonly externalReference?: string | undefined;
  readonly idempotencyKey: string;
}

/** What a charge did. */
export interface ChargeResult {
  /** The balance right after this charge, minor unit. */
  readonly balance: bigint;
  readonly entry: LedgerEntry;
  /** Whether an earlier call with the key did it. */
  readonly replayed: boolean;
}

/** What is to be taken out of a wallet. */
export interface WalletPayment {
  /** Whose wallet, a UUID in lower case. */
  readonly userId: string;
  /** The payment that causes it. */
  readonly paymentId: string;
  /** How much, minor unit, at least 1. */
  readonly amount: bigint;
}

/** What goes back into a wallet. */
export interface WalletRefund extends WalletPayment {
  /** The refund that causes it. */
  readonly refundId: string;
}

/** Prepaid money: every change of a balance is a transfer in the ledger, written in the same transaction. */
export class WalletService {
  readonly #options: WalletOptions;

  constructor(options: WalletOptions) {
    this.#options = options;
  }

  /**
   * Adds money to a wallet, once for its idempotency key, and once for its external reference.
   *
   * @throws BALANCE_CEILING_EXCEEDED, CHARGE_DAY_EXCEEDED, EXTERNAL_REFERENCE_USED, IDEMPOTENCY_KEY_REUSED
   */
  async charge(input: ChargeInput): Promise<ChargeResult> {
    const { userId, amount, externalReference, idempotencyKey: key } = input;
    const { transactions, newId, idempotencyTtlMs: ttlMs } = this.#options;
    const request = externalReference === undefined ? String(amount) : `${amount} ${externalReference}`;
    const call = { rpc: 'ChargeBalance', subject: userId, key, request, ttlMs };
    try {
      const { outcome, replayed } = await transactions.run(async (tx) => {
        const id = newId();
        const find = async (entryId: string) => entryOf(await tx.findOneOrFail(LedgerTransfer, { id: entryId }));
        return await onceById(tx, call, { id, find }, () => this.#charge(tx, id, input));
      });
      return { balance: outcome.balanceAfter, entry: outcome, replayed };
    } catch (error) {
      throw externalReference !== undefined && breaksUniqueIndex(error, EXTERNAL_REFERENCE_INDEX)
        ? externalReferenceUsed(externalReference)
        : error;
    }
  }

  /**
   * Reads a balance.
   *
   * @returns minor unit; 0 for a user who was never charged
   */
  async getBalance(userId: string): Promise<bigint> {
    const wallet = await this.#options.em.fork().findOne(Wallet, { userId });
    return wallet?.balance ?? 0n;
  }

  /**
   * Lists what moved a balance, newest first.
   *
   * @throws INVALID_REQUEST naming `page_token`
   */
  async listEntries(userId: string, request: PageRequest): Promise<Page<LedgerEntry>> {
    const pageSize = pageSizeOf(request);
    const before = cursorOf(request, (text) => (/^\d{1,18}$/.test(text) ? BigInt(text) : undefined));
    const transfers = await this.#options.em
      .fork()
      .find(
        LedgerTransfer,
        { walletUserId: userId, ...(before === undefined ? {} : { seq: { $lt: before } }) },
        { orderBy: { seq: 'desc' }, limit: pageSize + 1 },
      );
    const page = pageOf(transfers, pageSize, (last) => String(last.seq));
    return { ...page, items: page.items.map(entryOf) };
  }

  /**
   * Locks a wallet until the end of the caller's transaction.
   *
   * @param em the entity manager of that transaction
   * @returns null for a user who was never charged
   */
  async lockWallet(em: EntityManager, userId: string): Promise<Wallet | null> {
    return await locked(em, userId, 'for update');
  }

  /**
   * Locks a wallet until the end of the caller's transaction, unless another one has it.
   *
   * @param em the entity manager of that transaction
   * @returns null where it is locked
   */
  async lockFreeWallet(em: EntityManager, userId: string): Promise<Wallet | null> {
    return await locked(em, userId, 'for update skip locked');
  }

  /**
   * Takes money out of a wallet and appends the transfer; the caller's flush writes both.
   *
   * @param em the entity manager of the caller's transaction
   * @param wallet what lockWallet returned
   * @returns the transfer, which says the balance after it
   * @throws INSUFFICIENT_BALANCE, with nothing changed
   */
  payFrom(em: EntityManager, wallet: Wallet | null, payment: WalletPayment): LedgerTransfer {
    const { userId, paymentId, amount } = payment;
    if (wallet === null) throw insufficientBalance(0n, amount);
    wallet.debit(amount);
    return em.create(LedgerTransfer, {
      id: this.#options.newId(),
      kind: 'PAYMENT',
      debitAccount: walletAccount(userId),
      creditAccount: REVENUE_ACCOUNT,
      walletUserId: userId,
      amount,
      balanceAfter: wallet.balance,
      paymentId,
    });
  }

  /**
   * Puts money of a payment back into the wallet and appends the transfer; the caller's flush writes both. No ceiling applies.
   *
   * @param em the entity manager of the caller's transaction
   * @param wallet what lockWallet returned
   * @returns the transfer, which says the balance after it
   */
  refundTo(em: EntityManager, wallet: Wallet, { userId, paymentId, refundId, amount }: WalletRefund): LedgerTransfer {
    wallet.refund(amount);
    return em.create(LedgerTransfer, {
      id: this.#options.newId(),
      kind: 'REFUND',
      debitAccount: REVENUE_ACCOUNT,
      creditAccount: walletAccount(userId),
      walletUserId: userId,
      amount,
      balanceAfter: wallet.balance,
      paymentId,
      refundId,
    });
  }

  async #charge(
    tx: EntityManager,
    id: string,
    { userId, amount, externalReference }: ChargeInput,
  ): Promise<LedgerEntry> {
    const { chargeLimits, clock, newId } = this.#options;
    const wallet = (await this.lockWallet(tx, userId)) ?? (await createLocked(tx, userId));
    const now = new Date(clock.nowMs());
    wallet.charge(amount, chargeLimits, now);
    const transfer = tx.create(LedgerTransfer, {
      id,
      kind: 'CHARGE',
      debitAccount: OUTSIDE_ACCOUNT,
      creditAccount: walletAccount(userId),
      walletUserId: userId,
      amount,
      balanceAfter: wallet.balance,
      externalReference: externalReference ?? null,
    });
    tx.create(OutboxEvent, {
      eventId: newId(),
      type: CHARGED_EVENT,
      payload: {
        userId,
        entryId: id,
        amount: String(amount),
        balanceAfter: String(wallet.balance),
        externalReference: externalReference ?? null,
      },
      orderingKey: walletAccount(userId),
      createdAt: now,
    });
    await tx.flush();
    return entryOf(transfer);
  }
}

/**
 * Locks a wallet by a statement, whose row the unit of work takes over as if it had read it: finding it the usual way costs as
 * much again as the statement, and every move of money begins with it.
 */
async function locked(em: EntityManager, userId: string, how: string): Promise<Wallet | null> {
  const query = `select * from "wallets" where user_id = ? ${how}`;
  const [row] = await rowsOf(em, query, [userId]);
  return row ? em.map(Wallet, { ...row }) : null;
}

/** Creates a wallet and locks it; where another transaction was faster, locks that one's. */
async function createLocked(em: EntityManager, userId: string): Promise<Wallet> {
  return await em.upsert(
    Wallet,
    { userId, updatedAt: new Date() },
    { onConflictFields: ['userId'], onConflictAction: 'merge', onConflictMergeFields: ['updatedAt'] },
  );
}
