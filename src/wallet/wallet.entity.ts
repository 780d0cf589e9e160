import { defineEntity, p } from '@mikro-orm/core';
import type { ChargeLimits } from './charge-limits.ts';
import { balanceCeilingExceeded, chargeDayExceeded, insufficientBalance } from './wallet.errors.ts';

const DATE_LENGTH = 'YYYY-MM-DD'.length;

const WalletSchema = defineEntity({
  name: 'Wallet',
  tableName: 'wallets',
  properties: {
    userId: p.uuid().primary(),
    balance: p.bigint().defaultRaw('0'),
    /** The day, in UTC, that `chargedThatDay` is about. */
    chargedOn: p.date().nullable(),
    /** What the charges of that day add up to, minor unit. */
    chargedThatDay: p.bigint().defaultRaw('0'),
    updatedAt: p
      .datetime(3)
      .defaultRaw('now()')
      .onUpdate(() => new Date()),
  },
  checks: [
    { name: 'wallets_balance_check', expression: 'balance >= 0' },
    { name: 'wallets_charged_check', expression: 'charged_that_day >= 0' },
  ],
});

/**
 * The prepaid money of a user, in the minor unit. The balance is kept beside the ledger and always equals the sum of
 * the wallet's transfers, so it may only change together with a transfer, under a lock on the wallet's row.
 */
export class Wallet extends WalletSchema.class {
  /**
   * Adds money that its user brings in.
   *
   * @param amount how much, minor unit, at least 1
   * @param now whose day, in UTC, the charge counts for
   * @throws BALANCE_CEILING_EXCEEDED, CHARGE_DAY_EXCEEDED, with nothing changed
   */
  charge(amount: bigint, limits: ChargeLimits, now: Date): void {
    requirePositive(amount);
    if (this.balance + amount > limits.balanceCeiling) throw balanceCeilingExceeded(limits.balanceCeiling);
    const today = now.toISOString().slice(0, DATE_LENGTH);
    // Of two instances whose clocks differ at midnight the one that is behind must not count the old day anew.
    const day = this.chargedOn && this.chargedOn > today ? this.chargedOn : today;
    const charged = this.chargedOn === day ? this.chargedThatDay : 0n;
    if (charged + amount > limits.chargeDayMax) throw chargeDayExceeded(limits.chargeDayMax, charged, now);
    this.balance += amount;
    this.chargedOn = day;
    this.chargedThatDay = charged + amount;
  }

  /**
   * Gives money back. No limit holds it up: it is the user's.
   *
   * @param amount how much, minor unit, at least 1
   */
  refund(amount: bigint): void {
    requirePositive(amount);
    this.balance += amount;
  }

  /**
   * Takes money out.
   *
   * @param amount how much, minor unit, at least 1
   * @throws INSUFFICIENT_BALANCE, with nothing changed
   */
  debit(amount: bigint): void {
    requirePositive(amount);
    if (this.balance < amount) throw insufficientBalance(this.balance, amount);
    this.balance -= amount;
  }
}

WalletSchema.setClass(Wallet);

function requirePositive(amount: bigint): void {
  // A negative credit would be a debit past every check.
  if (amount < 1n) throw new RangeError(`an amount must be at least 1, not ${amount}`);
}
