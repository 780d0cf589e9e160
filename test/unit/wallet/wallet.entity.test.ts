import { expect } from 'chai';
import fc from 'fast-check';
import { DomainError } from '../../../src/shared/domain-error.ts';
import { Wallet } from '../../../src/wallet/index.ts';

const ceiling = 1_000n;
const limits = { balanceCeiling: ceiling, chargeDayMax: 1_000_000n };
const NOON = new Date('2027-01-04T12:00:00Z');

function walletOf(balance: bigint): Wallet {
  const wallet = new Wallet();
  return Object.assign(wallet, { balance, chargedOn: null, chargedThatDay: 0n });
}

describe('wallet', () => {
  it('can be filled up to its ceiling and not beyond', () => {
    const wallet = walletOf(900n);
    wallet.charge(100n, limits, NOON);
    expect(wallet.balance).to.equal(1_000n);
    expect(() => wallet.charge(1n, limits, NOON))
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

  it('can be charged with so much a day of UTC, and with as much again the next day', () => {
    const wallet = walletOf(0n);
    const daily = { balanceCeiling: 1_000n, chargeDayMax: 300n };
    wallet.charge(200n, daily, NOON);
    expect(() => wallet.charge(101n, daily, NOON))
      .to.throw(DomainError)
      .that.deep.includes({
        reason: 'CHARGE_DAY_EXCEEDED',
        metadata: { limit: '300', charged: '200', resets_at: '2027-01-05T00:00:00.000Z' },
        retryAfterMs: 12 * 3_600_000,
      });
    wallet.charge(100n, daily, NOON);
    wallet.charge(300n, daily, new Date('2027-01-05T00:00:00Z'));
    // An instance whose clock is behind still counts for the day that has begun.
    expect(() => wallet.charge(1n, daily, new Date('2027-01-04T23:59:59.999Z'))).to.throw(DomainError);
    expect(wallet.balance).to.equal(600n);
  });

  it('gets money back past every limit', () => {
    const wallet = walletOf(ceiling);
    wallet.refund(500n);
    expect([wallet.balance, wallet.chargedThatDay]).to.deep.equal([1_500n, 0n]);
  });

  it('takes no amount below 1, in either direction', () => {
    const wallet = walletOf(100n);
    for (const amount of [0n, -1n]) {
      expect(() => wallet.charge(amount, limits, NOON)).to.throw(RangeError);
      expect(() => wallet.refund(amount)).to.throw(RangeError);
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
            if (kind === 'credit') wallet.charge(amount, limits, NOON);
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
