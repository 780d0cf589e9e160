import { defineEntity, p } from '@mikro-orm/core';
import type { Opt } from '@mikro-orm/core';

/** Why money moved, as in `LedgerEntry.Kind`. */
const TRANSFER_KINDS = ['CHARGE', 'PAYMENT', 'REFUND'] as const;

/** Why money moved. */
export type TransferKind = (typeof TRANSFER_KINDS)[number];

/** The account of everybody else's money: what a charge brings in leaves it. */
export const OUTSIDE_ACCOUNT = 'outside';

/** The account of what was earned: what a payment costs arrives in it. */
export const REVENUE_ACCOUNT = 'revenue';

/** The account of a user's wallet. */
export function walletAccount(userId: string): string {
  return `wallet:${userId}`;
}

/** The index that has the last word on "a payment of the provider is credited once". */
export const EXTERNAL_REFERENCE_INDEX = 'ledger_transfers_external_reference_unique';

const LedgerTransferSchema = defineEntity({
  name: 'LedgerTransfer',
  tableName: 'ledger_transfers',
  properties: {
    id: p.uuid().primary(),
    // The order of the transfers of one wallet: drawn while the wallet's row is locked.
    seq: p.bigint().$type<Opt<bigint>>().autoincrement().unique('ledger_transfers_seq_unique'),
    kind: p.enum(TRANSFER_KINDS),
    debitAccount: p.text(),
    creditAccount: p.text(),
    walletUserId: p.uuid(),
    amount: p.bigint(),
    balanceAfter: p.bigint(),
    paymentId: p.uuid().nullable(),
    refundId: p.uuid().nullable().unique('ledger_transfers_refund_id_unique'),
    externalReference: p.text().nullable().unique(EXTERNAL_REFERENCE_INDEX),
    createdAt: p.datetime(3).defaultRaw('clock_timestamp()'),
  },
  indexes: [{ name: 'ledger_transfers_wallet_user_id_seq_index', properties: ['walletUserId', 'seq'] }],
  uniques: [{ name: 'ledger_transfers_payment_unique', properties: ['paymentId'], where: "kind = 'PAYMENT'" }],
  checks: [
    { name: 'ledger_transfers_amount_check', expression: 'amount > 0 and balance_after >= 0' },
    { name: 'ledger_transfers_accounts_check', expression: 'debit_account <> credit_account' },
    {
      name: 'ledger_transfers_charge_check',
      expression:
        "kind <> 'CHARGE' or (debit_account = 'outside' and credit_account = 'wallet:' || wallet_user_id and payment_id is null)",
    },
    {
      name: 'ledger_transfers_refund_check',
      expression:
        "kind <> 'REFUND' or (debit_account = 'revenue' and credit_account = 'wallet:' || wallet_user_id and payment_id is not null)",
    },
    { name: 'ledger_transfers_refund_id_check', expression: "(kind = 'REFUND') = (refund_id is not null)" },
    {
      name: 'ledger_transfers_external_reference_check',
      expression: "external_reference is null or kind = 'CHARGE'",
    },
    {
      name: 'ledger_transfers_payment_check',
      expression:
        "kind <> 'PAYMENT' or (debit_account = 'wallet:' || wallet_user_id and credit_account = 'revenue' and payment_id is not null)",
    },
  ],
});

/**
 * One move of money from the account it debits to the account it credits: one row names both sides and one amount, so
 * the ledger balances by construction. A wallet is money owed to its user, so crediting it raises the balance: a charge
 * debits `outside` and credits the wallet, a payment debits the wallet and credits `revenue`, a refund the reverse. A
 * balance is the sum of what the wallet was credited less what it was debited.
 *
 * Transfers are never changed nor deleted, which the database enforces. Money is in the minor unit.
 */
export class LedgerTransfer extends LedgerTransferSchema.class {
  /** The change of the wallet's balance: negative where money went out. */
  change(): bigint {
    return this.creditAccount === walletAccount(this.walletUserId) ? this.amount : -this.amount;
  }
}

LedgerTransferSchema.setClass(LedgerTransfer);
