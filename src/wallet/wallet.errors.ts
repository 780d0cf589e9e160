import { DomainError } from '../shared/domain-error.ts';

/**
 * The refusal of a payment that costs more than the wallet holds.
 *
 * @param balance what the wallet holds, minor unit
 * @param price what the payment costs, minor unit
 */
export function insufficientBalance(balance: bigint, price: bigint): DomainError {
  return new DomainError('INSUFFICIENT_BALANCE', `The wallet holds ${balance}, the price is ${price}.`, {
    metadata: { balance: String(balance), price: String(price) },
  });
}

/**
 * The refusal of a charge that would lift the balance above what a wallet may hold.
 *
 * @param ceiling most a wallet may hold, minor unit
 */
export function balanceCeilingExceeded(ceiling: bigint): DomainError {
  return new DomainError('BALANCE_CEILING_EXCEEDED', `A wallet holds at most ${ceiling}.`, {
    metadata: { ceiling: String(ceiling) },
  });
}
