import {
  WalletServiceService,
  type Balance,
  type LedgerEntry as LedgerEntryMessage,
} from '../generated/frontrow/v1/wallet.ts';
import { defineService, type GrpcService } from '../infrastructure/grpc/service.ts';
import { invalidRequest } from '../shared/domain-error.ts';
import type { LedgerEntry } from './ledger-entry.ts';
import { chargeBalanceRequest, userPageRequest, userRequest } from './wallet.schema.ts';
import type { WalletService } from './wallet.service.ts';

/** What the edge of the wallet needs to know. */
export interface WalletEdge {
  /** Most that one charge may add, minor unit. */
  readonly chargeMax: bigint;
  /** ISO 4217 code of all balances. */
  readonly currencyCode: string;
}

/** The gRPC edge of the wallet. */
export function walletHandler(wallet: WalletService, { chargeMax, currencyCode }: WalletEdge): GrpcService {
  const toBalance = (userId: string, amount: bigint): Balance => ({ userId, amount, currencyCode });
  const toEntry = (entry: LedgerEntry): LedgerEntryMessage => ({
    ...entry,
    paymentId: entry.paymentId ?? '',
    externalReference: entry.externalReference ?? '',
    currencyCode,
  });
  return defineService(WalletServiceService, {
    chargeBalance: {
      schema: chargeBalanceRequest(chargeMax),
      async handle({ userId, amount, externalReference }, context) {
        const { idempotencyKey } = context;
        if (idempotencyKey === undefined) {
          throw invalidRequest([{ field: 'idempotency-key', description: 'must be sent, so that a retry is safe' }]);
        }
        const { balance, entry, replayed } = await wallet.charge({ userId, amount, externalReference, idempotencyKey });
        if (replayed) context.markReplayed();
        return { balance: toBalance(userId, balance), entry: toEntry(entry) };
      },
    },
    getBalance: {
      schema: userRequest,
      async handle({ userId }) {
        return { balance: toBalance(userId, await wallet.getBalance(userId)) };
      },
    },
    listEntries: {
      schema: userPageRequest,
      async handle({ userId, ...page }) {
        const { items, nextPageToken } = await wallet.listEntries(userId, page);
        return { entries: items.map(toEntry), nextPageToken: nextPageToken ?? '' };
      },
    },
  });
}
