import pg from 'pg';
import { newId } from '../../../src/shared/ids.ts';
import type { Reservation } from '../../../src/reservation/index.ts';

const CLAIM = `
  insert into idempotent_outcomes as kept (rpc, subject, key, request_hash, outcome) select $1, $2, $3, $4, $5::jsonb from guard
  on conflict (rpc, subject, key) do update set request_hash = kept.request_hash returning request_hash, outcome`;
const FENCE = `
  select set_config('transaction_timeout', left_ms::text, true) as timeout
  from (select ceil($6 - extract(epoch from clock_timestamp()) * 1000)::bigint as left_ms) as deadline where left_ms > 0`;

/** The statements that the unit of work sends, as text with parameters: Postgres plans each of them once a connection. */
const STATEMENTS = {
  begin: 'begin',
  claim: `with guard as (select 1) ${CLAIM}`,
  claimFenced: `with guard as (${FENCE}) ${CLAIM}`,
  lock: 'select user_id, balance, charged_on, charged_that_day, updated_at from wallets where user_id = $1 for update',
  debit: 'update wallets set balance = $2, updated_at = $3 where user_id = $1',
  credit: 'update wallets set balance = $2, charged_on = $3, charged_that_day = $4, updated_at = $5 where user_id = $1',
  transfer: `insert into ledger_transfers
    (id, kind, debit_account, credit_account, wallet_user_id, amount, balance_after, payment_id)
    values ($1, $2, $3, $4, $5, $6, $7, $8) returning seq, created_at`,
  payment: `insert into payments (id, reservation_id, user_id, concert_id, performance_id, amount, currency_code,
    balance_after, refunded_amount, state, place_number, place_epoch, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, 0, 'PAID', $9, $10, $11)`,
  ticket: `insert into tickets (id, payment_id, user_id, concert_id, performance_id, seat_number, price, currency_code,
    state, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, 'VALID', $9)`,
  event: `insert into outbox_events (event_id, type, payload, ordering_key, created_at)
    values ($1, $2, $3, $4, $5) returning id`,
  commit: 'commit',
} as const;

type Run = (name: keyof typeof STATEMENTS, values?: unknown[]) => Promise<Record<string, unknown> | undefined>;

/** The same payments and charges by pg alone, with prepared statements: as many round trips, and nothing in between. */
export class RawMoney {
  readonly #pool: pg.Pool;

  /** @param connections as many as the unit of work has */
  constructor(url: string, connections: number) {
    this.#pool = new pg.Pool({ connectionString: url, max: connections });
    // Postgres stops while the last connections are being closed.
    this.#pool.on('error', () => undefined);
  }

  /** Pays a reservation of one seat, with a key. */
  async pay(reservation: Reservation): Promise<void> {
    const { userId, reservationId, concertId, performanceId, seats, currencyCode } = reservation;
    const price = seats[0]?.price ?? 0n;
    const paymentId = newId();
    const outcome = JSON.stringify({ id: paymentId });
    await this.#transaction(async (run) => {
      const claim = ['PayReservation', userId, newId(), reservationId, outcome];
      await run('claimFenced', [...claim, reservation.paymentDeadlineMs]);
      const wallet = await run('lock', [userId]);
      const balance = BigInt(String(wallet?.['balance'])) - price;
      const createdAt = new Date();
      const sale = { paymentId, concertId, performanceId, reservationId, userId, seatNumbers: [1] };
      await run('event', [newId(), 'PAID', JSON.stringify(sale), reservationId, createdAt]);
      const common = [userId, concertId, performanceId];
      const sold = [price, currencyCode, balance, 1, 1, createdAt];
      await run('payment', [paymentId, reservationId, ...common, ...sold]);
      await run('ticket', [newId(), paymentId, ...common, 1, price, currencyCode, createdAt]);
      const accounts = ['PAYMENT', `wallet:${userId}`, 'revenue', userId];
      await run('transfer', [newId(), ...accounts, price, balance, paymentId]);
      await run('debit', [userId, balance, createdAt]);
    });
  }

  /** Charges a wallet, with a key. */
  async charge(userId: string, amount: bigint): Promise<void> {
    const transferId = newId();
    await this.#transaction(async (run) => {
      const outcome = JSON.stringify({ id: transferId });
      await run('claim', ['ChargeBalance', userId, newId(), String(amount), outcome]);
      const wallet = await run('lock', [userId]);
      const balance = BigInt(String(wallet?.['balance'])) + amount;
      const event = JSON.stringify({ userId, entryId: transferId, amount: String(amount) });
      await run('event', [newId(), 'CHARGED', event, `wallet:${userId}`, new Date()]);
      const accounts = ['CHARGE', 'outside', `wallet:${userId}`, userId];
      await run('transfer', [transferId, ...accounts, amount, balance, null]);
      const charged = BigInt(String(wallet?.['charged_that_day'])) + amount;
      await run('credit', [userId, balance, new Date().toISOString().slice(0, 10), charged, new Date()]);
    });
  }

  async stop(): Promise<void> {
    await this.#pool.end();
  }

  async #transaction(work: (run: Run) => Promise<void>): Promise<void> {
    const client = await this.#pool.connect();
    try {
      const run: Run = async (name, values = []) => {
        const { rows } = await client.query<Record<string, unknown>>({ name, text: STATEMENTS[name], values });
        return rows[0];
      };
      await run('begin');
      await work(run);
      await run('commit');
    } finally {
      client.release();
    }
  }
}
