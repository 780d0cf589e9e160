import { DomainError } from '../shared/domain-error.ts';

const DAY_MS = 24 * 3_600_000;

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

/**
 * The refusal of a charge that would lift what a wallet was charged with today above the limit of a day.
 *
 * @param limit most of one day of UTC, minor unit
 * @param charged what was charged today, minor unit
 * @param now from which the next day is counted
 */
export function chargeDayExceeded(limit: bigint, charged: bigint, now: Date): DomainError {
  const retryAfterMs = DAY_MS - (now.getTime() % DAY_MS);
  return new DomainError('CHARGE_DAY_EXCEEDED', `A wallet is charged with at most ${limit} a day.`, {
    metadata: {
      limit: String(limit),
      charged: String(charged),
      resets_at: new Date(now.getTime() + retryAfterMs).toISOString(),
    },
    retryAfterMs,
  });
}

/**
 * The refusal of a charge whose reference of the payment provider was credited before.
 *
 * @param externalReference the reference
 */
export function externalReferenceUsed(externalReference: string): DomainError {
  return new DomainError('EXTERNAL_REFERENCE_USED', 'This payment of the provider was credited before.', {
    metadata: { external_reference: externalReference },
  });
}
