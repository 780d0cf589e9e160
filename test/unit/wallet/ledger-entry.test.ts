import { expect } from 'chai';
import type { Json } from '../../../src/shared/json.ts';
import { chargeCodec, entryOf } from '../../../src/wallet/ledger-entry.ts';
import type { LedgerEntry } from '../../../src/wallet/ledger-entry.ts';
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
    expect(entryOf(payment).amount).to.equal(-30n);
  });

  it('of a charge is the same again after it was kept as JSON', () => {
    const entry: LedgerEntry = {
      entryId: '00000000-0000-4000-8000-000000000002',
      kind: 'CHARGE',
      amount: 2n ** 62n,
      balanceAfter: 2n ** 62n + 1n,
      paymentId: undefined,
      createdAt: new Date('2027-01-01T00:00:00.123Z'),
    };
    const kept = JSON.parse(JSON.stringify(chargeCodec.encode(entry))) as Json;
    expect(chargeCodec.decode(kept)).to.deep.equal(entry);
  });
});
