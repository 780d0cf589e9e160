import { expect } from 'chai';
import { entryOf } from '../../../src/wallet/ledger-entry.ts';
import { LedgerTransfer, walletAccount } from '../../../src/wallet/ledger-transfer.entity.ts';

const userId = '00000000-0000-4000-8000-000000000001';

function transferOf(values: Partial<LedgerTransfer>): LedgerTransfer {
  return Object.assign(new LedgerTransfer(), { walletUserId: userId, amount: 30n, balanceAfter: 70n, ...values });
}

describe('ledger entry', () => {
  it('is positive where the wallet is credited and negative where it is debited', () => {
    const charge = transferOf({ debitAccount: 'outside', creditAccount: walletAccount(userId) });
    const payment = transferOf({ debitAccount: walletAccount(userId), creditAccount: 'revenue' });
    expect(entryOf(charge).amount).to.equal(30n);
    const refund = transferOf({ debitAccount: 'revenue', creditAccount: walletAccount(userId) });
    expect(entryOf(payment).amount).to.equal(-30n);
    expect(entryOf(refund).amount).to.equal(30n);
  });
});
