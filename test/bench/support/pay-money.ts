import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { MikroORM } from '@mikro-orm/postgresql';
import { startPostgres, type Postgres } from '../../../scripts/stack/postgres.ts';
import { migrate } from '../../../src/infrastructure/postgres/migrate.ts';
import { createOrm } from '../../../src/infrastructure/postgres/orm.ts';
import { entities } from '../../../src/mikro-orm.config.ts';
import { commitPayment } from '../../../src/payment/commit-payment.ts';
import { PaymentRepository } from '../../../src/payment/index.ts';
import type { Reservation } from '../../../src/reservation/index.ts';
import { systemClock } from '../../../src/shared/clock.ts';
import { newId } from '../../../src/shared/ids.ts';
import { Transactions } from '../../../src/shared/transactions.ts';
import { WalletService } from '../../../src/wallet/index.ts';

/** Connections to Postgres, of the unit of work and of the baseline alike. */
export const CONNECTIONS = 16;

const PRICE = 50_000n;
const RICH = 1_000_000_000_000_000n;
const WALLETS = 1_000;
const DEADLINE_MS = 60_000;
const IDEMPOTENCY_TTL_MS = 24 * 3_600_000;

/** Money in a Postgres of its own, whose commits survive a crash, and the use cases on it as the server wires them. */
export interface Money {
  readonly url: string;
  /** A thousand users who can pay for everything. */
  readonly userIds: readonly string[];
  /** Pays a reservation of one seat, with a key: the transaction of a payment, without Redis around it. */
  pay(reservation: Reservation): Promise<void>;
  /** Charges a wallet, with a key. */
  charge(userId: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Postgres and fills the wallets. */
export async function startMoney(): Promise<Money> {
  const postgres: Postgres = await startPostgres({ persistent: false, durable: true });
  let orm: MikroORM | undefined;
  const stop = async (): Promise<void> => {
    await orm?.close(true);
    await postgres.stop();
  };
  try {
    await postgres.createDatabase('frontrow');
    const url = postgres.url('frontrow');
    await migrate(url);
    orm = createOrm({ url, entities, poolSize: CONNECTIONS, lockTimeoutMs: 5_000, stallMs: 5_000 });
    const { em } = orm;
    const transactions = new Transactions({ em, random: Math.random, delay: (ms) => delay(ms) });
    const chargeLimits = { balanceCeiling: 2n * RICH, chargeDayMax: RICH };
    const options = { em, transactions, newId, idempotencyTtlMs: IDEMPOTENCY_TTL_MS };
    const wallet = new WalletService({ ...options, clock: systemClock, chargeLimits });
    const deps = { ...options, wallet, payments: new PaymentRepository(em) };
    const userIds = Array.from({ length: WALLETS }, () => randomUUID());
    for (const userId of userIds) {
      await em.getConnection().execute('insert into wallets (user_id, balance) values (?, ?::bigint)', [userId, RICH]);
    }
    return {
      url,
      userIds,
      async pay(reservation) {
        const result = await commitPayment(deps, reservation, newId());
        if (result.kind !== 'paid' || result.replayed) throw new Error('a payment failed', { cause: result });
      },
      async charge(userId) {
        await wallet.charge({ userId, amount: PRICE, idempotencyKey: newId() });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A reservation of one seat as the fence leaves it, of a performance of its own. */
export function payingReservation(userId: string): Reservation {
  const nowMs = Date.now();
  return {
    reservationId: newId(),
    userId,
    concertId: newId(),
    performanceId: newId(),
    state: 'PAYING',
    seats: [{ number: 1, price: PRICE }],
    currencyCode: 'KRW',
    createdAtMs: nowMs,
    expiresAtMs: nowMs + DEADLINE_MS,
    placeNumber: 1,
    placeEpoch: 1,
    paymentDeadlineMs: nowMs + DEADLINE_MS,
    endReason: undefined,
    extended: false,
    asOfMs: nowMs,
  };
}
