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
  /** The payment provider's reference of a charge that had one. */
  readonly externalReference: string | undefined;
  readonly createdAt: Date;
}

/** What the transfer's wallet sees of it. */
export function entryOf(transfer: LedgerTransfer): LedgerEntry {
  const { id: entryId, kind, balanceAfter, createdAt } = transfer;
  const amount = transfer.change();
  return {
    entryId,
    kind,
    amount,
    balanceAfter,
    paymentId: transfer.paymentId ?? undefined,
    externalReference: transfer.externalReference ?? undefined,
    createdAt,
  };
}
