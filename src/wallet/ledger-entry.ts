import type { OutcomeCodec } from '../shared/idempotency.ts';
import type { LedgerTransfer, TransferKind } from './ledger-transfer.entity.ts';

/** A transfer as its wallet sees it. Money is in the minor unit. */
export interface LedgerEntry {
  readonly entryId: string;
  readonly kind: TransferKind;
  /** The change of the balance: negative where money went out. */
  readonly amount: bigint;
  readonly balanceAfter: bigint;
  /** The payment that it belongs to; undefined for a charge. */
  readonly paymentId: string | undefined;
  readonly createdAt: Date;
}

/** What the transfer's wallet sees of it. */
export function entryOf(transfer: LedgerTransfer): LedgerEntry {
  const { id: entryId, kind, balanceAfter, createdAt } = transfer;
  const amount = transfer.change();
  return { entryId, kind, amount, balanceAfter, paymentId: transfer.paymentId ?? undefined, createdAt };
}

/** How the entry of a charge is kept for repetitions of the call. */
export const chargeCodec: OutcomeCodec<LedgerEntry> = {
  encode: ({ entryId, amount, balanceAfter, createdAt }) => ({
    entryId,
    amount: String(amount),
    balanceAfter: String(balanceAfter),
    createdAt: createdAt.toISOString(),
  }),
  decode: (stored) => {
    const { entryId, amount, balanceAfter, createdAt } = stored as Record<string, string>;
    if (!entryId || !amount || !balanceAfter || !createdAt) throw new Error('a stored charge is not complete');
    return {
      entryId,
      kind: 'CHARGE',
      amount: BigInt(amount),
      balanceAfter: BigInt(balanceAfter),
      paymentId: undefined,
      createdAt: new Date(createdAt),
    };
  },
};
