export { WalletService } from './wallet.service.ts';
export type { ChargeInput, ChargeResult, WalletOptions, WalletPayment, WalletRefund } from './wallet.service.ts';
export type { LedgerEntry } from './ledger-entry.ts';
export { LedgerTransfer } from './ledger-transfer.entity.ts';
export type { TransferKind } from './ledger-transfer.entity.ts';
export { Wallet } from './wallet.entity.ts';
