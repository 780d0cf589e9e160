import type { EntityManager } from '@mikro-orm/core';
import { LockMode } from '@mikro-orm/core';
import { once } from '../shared/idempotency.ts';
import type { NewId } from '../shared/ids.ts';
import { cursorOf, pageOf, pageSizeOf } from '../shared/page.ts';
import type { Page, PageRequest } from '../shared/page.ts';
import { LedgerTransfer, OUTSIDE_ACCOUNT, REVENUE_ACCOUNT, walletAccount } from './ledger-transfer.entity.ts';
import { chargeCodec, entryOf } from './ledger-entry.ts';
import type { LedgerEntry } from './ledger-entry.ts';
import { Wallet } from './wallet.entity.ts';
import { insufficientBalance } from './wallet.errors.ts';

/** What the wallets need. */
export interface WalletOptions {
  /** The ORM's own entity manager: each use case forks it. */
  readonly em: EntityManager;
  readonly newId: NewId;
  /** Most a wallet may hold, minor unit. */
  readonly balanceCeiling: bigint;
  /** For how long an idempotency key is remembered, milliseconds. */
  readonly idempotencyTtlMs: number;
}

/** A charge that is to be made. */
export interface ChargeInput {
  /** Whose wallet, a UUID in lower case. */
  readonly userId: string;
  /** How much, minor unit, at least 1. */
  readonly amount: bigint;
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

/** Prepaid money: every change of a balance is a transfer in the ledger, written in the same transaction. */
export class WalletService {
  readonly #options: WalletOptions;

  constructor(options: WalletOptions) {
    this.#options = options;
  }

  /**
   * Adds money to a wallet, once for its idempotency key.
   *
   * @throws BALANCE_CEILING_EXCEEDED, IDEMPOTENCY_KEY_REUSED
   */
  async charge({ userId, amount, idempotencyKey: key }: ChargeInput): Promise<ChargeResult> {
    const { em, balanceCeiling, idempotencyTtlMs: ttlMs } = this.#options;
    const call = { rpc: 'ChargeBalance', subject: userId, key, request: String(amount), ttlMs };
    const { outcome, replayed } = await em.fork().transactional(
      async (tx) =>
        await once(tx, call, chargeCodec, async () => {
          const wallet = (await this.lockWallet(tx, userId)) ?? (await createLocked(tx, userId));
          wallet.credit(amount, balanceCeiling);
          const transfer = tx.create(LedgerTransfer, {
            id: this.#options.newId(),
            kind: 'CHARGE',
            debitAccount: OUTSIDE_ACCOUNT,
            creditAccount: walletAccount(userId),
            walletUserId: userId,
            amount,
            balanceAfter: wallet.balance,
          });
          await tx.flush();
          return entryOf(transfer);
        }),
    );
    return { balance: outcome.balanceAfter, entry: outcome, replayed };
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
    return await em.findOne(Wallet, { userId }, { lockMode: LockMode.PESSIMISTIC_WRITE });
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
}

/** Creates a wallet and locks it; where another transaction was faster, locks that one's. */
async function createLocked(em: EntityManager, userId: string): Promise<Wallet> {
  return await em.upsert(
    Wallet,
    { userId, updatedAt: new Date() },
    { onConflictFields: ['userId'], onConflictAction: 'merge', onConflictMergeFields: ['updatedAt'] },
  );
}
