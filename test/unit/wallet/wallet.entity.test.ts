import { expect } from 'chai';
import fc from 'fast-check';
import { DomainError } from '../../../src/shared/domain-error.ts';
import { Wallet } from '../../../src/wallet/index.ts';

const ceiling = 1_000n;

function walletOf(balance: bigint): Wallet {
  const wallet = new Wallet();
  wallet.balance = balance;
  return wallet;
}

describe('wallet', () => {
  it('can be filled up to its ceiling and not beyond', () => {
    const wallet = walletOf(900n);
    wallet.credit(100n, ceiling);
    expect(wallet.balance).to.equal(1_000n);
    expect(() => wallet.credit(1n, ceiling))
      .to.throw(DomainError)
      .that.deep.includes({ reason: 'BALANCE_CEILING_EXCEEDED', metadata: { ceiling: '1000' } });
    expect(wallet.balance).to.equal(1_000n);
  });

  it('can be emptied and not overdrawn', () => {
    const wallet = walletOf(100n);
    wallet.debit(100n);
    expect(wallet.balance).to.equal(0n);
    expect(() => wallet.debit(1n))
      .to.throw(DomainError)
      .that.deep.includes({ reason: 'INSUFFICIENT_BALANCE', metadata: { balance: '0', price: '1' } });
    expect(wallet.balance).to.equal(0n);
  });

  it('takes no amount below 1, in either direction', () => {
    const wallet = walletOf(100n);
    for (const amount of [0n, -1n]) {
      expect(() => wallet.credit(amount, ceiling)).to.throw(RangeError);
      expect(() => wallet.debit(amount)).to.throw(RangeError);
    }
    expect(wallet.balance).to.equal(100n);
  });

  it('is after any moves the sum of those that were not refused, between zero and its ceiling', () => {
    const move = fc.record({ kind: fc.constantFrom('credit' as const, 'debit' as const), amount: fc.bigInt(1n, 700n) });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 50 }), (moves) => {
        const wallet = walletOf(0n);
        let sum = 0n;
        for (const { kind, amount } of moves) {
          try {
            if (kind === 'credit') wallet.credit(amount, ceiling);
            else wallet.debit(amount);
            sum += kind === 'credit' ? amount : -amount;
          } catch (error) {
            expect(error).to.be.instanceOf(DomainError);
          }
          expect(wallet.balance).to.equal(sum);
          expect(wallet.balance >= 0n && wallet.balance <= ceiling).to.equal(true);
        }
      }),
    );
  });
});
