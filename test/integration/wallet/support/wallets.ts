import { setTimeout as delay } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/core';
import { systemClock } from '../../../../src/shared/clock.ts';
import { newId } from '../../../../src/shared/ids.ts';
import { Transactions } from '../../../../src/shared/transactions.ts';
import { WalletService } from '../../../../src/wallet/index.ts';

const DAY_MS = 24 * 3_600_000;

/**
 * The wallets of a database.
 *
 * @param balanceCeiling most a wallet may hold, minor unit
 * @param chargeDayMax most that a wallet may be charged with in a day, minor unit
 */
export function walletsOn(em: EntityManager, balanceCeiling: bigint, chargeDayMax = 1_000_000_000n): WalletService {
  return new WalletService({
    em,
    transactions: new Transactions({ em, random: Math.random, delay: (ms) => delay(ms) }),
    newId,
    clock: systemClock,
    chargeLimits: { balanceCeiling, chargeDayMax },
    idempotencyTtlMs: DAY_MS,
  });
}
