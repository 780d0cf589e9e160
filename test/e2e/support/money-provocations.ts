import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { FreezableProxy } from '../../integration/postgres/freezable-proxy.ts';
import { moneyRpcs } from '../../support/money-refusals.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { Database } from './database.ts';
import { listAt, objectAt, textAt, type Answer, type Door, type JsonObject } from './door.ts';
import { admittedFan, charge, hold, pay, putOnSale, succeeded, type Fan, type Sale } from './sale.ts';
import type { System } from './system.ts';

/** How a refusal is brought about. */
export interface Provocation {
  /** Makes a call of the RPC that is to be refused. */
  answer(door: Door, rpc: string): Promise<Answer>;
  /** Makes the calls of a row of the table while something is the case; straight away where it is left out. */
  around?(calls: () => Promise<void>): Promise<void>;
}

/** What provoking stands on. */
export interface Stage {
  readonly system: System;
  readonly database: Database;
  /** The servers' way to Postgres. */
  readonly proxy: FreezableProxy;
}

/** The settings with which refusals can be provoked in little time. */
export const PROVOKING = {
  LOCK_TIMEOUT_MS: '150',
  STORE_STALL_MS: '600',
  HOLD_TTL_MS: '4000',
  PAYMENT_DEADLINE_MS: '1500',
  CLOCK_SKEW_MS: '5000',
  BALANCE_CEILING: '800000',
  CHARGE_DAY_MAX: '500000',
};
const CEILING = Number(PROVOKING.BALANCE_CEILING);
const DAY_MAX = Number(PROVOKING.CHARGE_DAY_MAX);
const PRICE = 50_000;

const PAY = 'PaymentService.PayReservation';
const REFUND = 'PaymentService.RefundPayment';
const CHARGE = 'WalletService.ChargeBalance';

/** A fan who holds a seat. */
export interface Holder {
  readonly fan: Fan;
  readonly reservationId: string;
}

/** Brings fans, holds, payments and refusals about on one system. */
export class MoneyProvocations {
  readonly sale: Sale;
  readonly #stage: Stage;
  /** One for each door, held when the test began. */
  readonly #oldHolders: Holder[] = [];
  #seats = 0;

  private constructor(stage: Stage, sale: Sale) {
    this.#stage = stage;
    this.sale = sale;
  }

  /** Puts a concert on sale, and lets time begin to run out for two who hold a seat. */
  static async begin(stage: Stage): Promise<MoneyProvocations> {
    const inAWeek = Date.now() + 7 * 24 * 3_600_000;
    const layout = { sections: [{ name: 'S', price: String(PRICE), rows: [{ label: 'A', seatCount: 100 }] }] };
    const performances = [0, 1, 2].map((hour) => ({
      startsAt: new Date(inAWeek + hour * 3_600_000).toISOString(),
      layout,
    }));
    const sale = await putOnSale(stage.system, { concert: { performances } });
    const made = new MoneyProvocations(stage, sale);
    made.#oldHolders.push(await made.holder(stage.system.json), await made.holder(stage.system.grpc));
    return made;
  }

  /** A request of an RPC that nothing is wrong with, but that what it names may not exist, and its credential. */
  usual(rpc: string, { userId, headers }: Fan): { request: JsonObject; headers: Record<string, string> } {
    const found = moneyRpcs.find(({ service, name }) => `${service}.${name}` === rpc);
    const values: JsonObject = {
      userId,
      amount: '5',
      paymentId: randomUUID(),
      reservationId: randomUUID(),
      performanceId: this.sale.performanceId,
    };
    const fields = (found?.request.fields ?? []).map(({ jsonName }) => jsonName).filter((name) => name in values);
    const credential = found?.access === 'OPERATOR' ? { 'operator-key': this.#stage.system.operatorKey } : headers;
    return {
      request: Object.fromEntries(fields.map((name) => [name, values[name]])),
      headers: { ...credential, 'idempotency-key': randomUUID() },
    };
  }

  /** The number of a seat that nobody had yet. */
  nextSeat(): number {
    return (this.#seats += 1);
  }

  /** An admitted fan who holds a seat and cannot pay it yet. */
  async holder(door: Door, sale: Sale = this.sale): Promise<Holder> {
    const fan = await admittedFan(door, sale.concertId);
    return { fan, reservationId: await hold(door, fan, sale, [this.nextSeat()]) };
  }

  /** An admitted fan who holds a seat and has the money for it. */
  async payer(door: Door): Promise<Holder> {
    const holder = await this.holder(door);
    await charge(door, holder.fan.userId, PRICE);
    return holder;
  }

  /** A fan who has paid a seat. */
  async owner(door: Door): Promise<{ fan: Fan; paymentId: string; ticketIds: string[] }> {
    const { fan, reservationId } = await this.payer(door);
    const paid = succeeded(await pay(door, fan, reservationId));
    const ticketIds = listAt(paid, 'tickets').map((ticket) => textAt(ticket, 'ticketId'));
    return { fan, paymentId: textAt(objectAt(paid, 'payment'), 'paymentId'), ticketIds };
  }

  /**
   * How a reason is provoked.
   *
   * @param fan an admitted fan with whom calls are made that need no holder
   * @throws Error where nobody knows how
   */
  of(reason: string, fan: Fan): Provocation {
    const provocation = this.#all(fan)[reason];
    if (!provocation) throw new Error(`nothing provokes ${reason}`);
    return provocation;
  }

  #all(fan: Fan): Readonly<Record<string, Provocation>> {
    const { system, database, proxy } = this.#stage;
    const sql = database.sql.bind(database);
    /** The usual call with other fields and headers. */
    const usual = (door: Door, rpc: string, fields: JsonObject = {}, changed: Record<string, string> = {}) => {
      const { request, headers } = this.usual(rpc, fan);
      return door.call(rpc, { ...request, ...fields }, { ...headers, ...changed });
    };
    /** The usual call without its credential, with other headers. */
    const withHeaders = (door: Door, rpc: string, headers: Record<string, string> = {}) =>
      door.call(rpc, this.usual(rpc, fan).request, { 'idempotency-key': randomUUID(), ...headers });
    const paying = (door: Door, { fan: { headers }, reservationId }: Holder) =>
      usual(door, PAY, { reservationId }, headers);
    const refunding = async (door: Door, ticketIds: string[]) =>
      usual(door, REFUND, { paymentId: (await this.owner(door)).paymentId, ticketIds });
    const unknown = new Map<Door, Holder>();

    return {
      INVALID_REQUEST: { answer: (door, rpc) => usual(door, rpc, {}, { 'idempotency-key': 'a b' }) },
      IDEMPOTENCY_KEY_REUSED: {
        answer: async (door, rpc) => {
          const key = { 'idempotency-key': randomUUID() };
          if (rpc === PAY) {
            const { fan: payer, reservationId } = await this.payer(door);
            succeeded(await pay(door, payer, reservationId, key));
            return pay(door, payer, randomUUID(), key);
          }
          const { paymentId, ticketIds } = await this.owner(door);
          succeeded(await usual(door, rpc, rpc === REFUND ? { paymentId } : {}, key));
          return usual(door, rpc, rpc === REFUND ? { paymentId, ticketIds } : { amount: '6' }, key);
        },
      },
      REQUEST_IN_PROGRESS: {
        answer: async (door, rpc) => {
          const payer = await this.payer(door);
          const owner = await this.owner(door);
          await sql('begin');
          await sql('select 1 from wallets where user_id in (?, ?) for update', [payer.fan.userId, owner.fan.userId]);
          await sql('select 1 from concerts where id = ? for update', [this.sale.concertId]);
          try {
            if (rpc === PAY) return await paying(door, payer);
            const { userId } = payer.fan;
            const fields = rpc === REFUND ? { paymentId: owner.paymentId } : rpc === CHARGE ? { userId } : {};
            return await usual(door, rpc, fields, rpc === CHARGE ? payer.fan.headers : {});
          } finally {
            await sql('rollback');
          }
        },
      },
      TOKEN_MISSING: { answer: (door, rpc) => withHeaders(door, rpc) },
      TOKEN_INVALID: { answer: (door, rpc) => withHeaders(door, rpc, { 'queue-token': 'abc' }) },
      TOKEN_EXPIRED: {
        answer: async (door, rpc) => withHeaders(door, rpc, { 'queue-token': await this.#tokenPastItsEnd(fan) }),
      },
      OPERATOR_KEY_MISSING: { answer: (door, rpc) => withHeaders(door, rpc) },
      OPERATOR_KEY_INVALID: { answer: (door, rpc) => withHeaders(door, rpc, { 'operator-key': 'x'.repeat(32) }) },
      USER_MISMATCH: { answer: (door, rpc) => usual(door, rpc, { userId: randomUUID() }) },
      PERFORMANCE_NOT_FOUND: { answer: (door, rpc) => usual(door, rpc, { performanceId: randomUUID() }) },
      RESERVATION_NOT_FOUND: {
        answer: async (door, rpc) => usual(door, rpc, { reservationId: (await this.holder(door)).reservationId }),
      },
      PAYMENT_NOT_FOUND: {
        answer: async (door, rpc) =>
          rpc === REFUND ? usual(door, rpc) : usual(door, rpc, { paymentId: (await this.owner(door)).paymentId }),
      },
      TICKET_NOT_FOUND: { answer: (door) => refunding(door, [randomUUID()]) },
      CANCELLATION_NOT_FOUND: { answer: (door, rpc) => usual(door, rpc) },
      PERFORMANCE_CANCELED: {
        answer: async (door) => {
          const performanceId = this.sale.performanceIds[door === system.json ? 1 : 2] ?? '';
          const holder = await this.holder(door, { ...this.sale, performanceId });
          succeeded(await usual(door, 'PaymentService.CancelPerformance', { performanceId }));
          return paying(door, holder);
        },
      },
      HOLD_EXPIRED: {
        answer: async (door) => {
          const holder = this.#oldHolders[door === system.json ? 0 : 1];
          if (!holder) throw new Error('nobody has held a seat for long');
          await waitUntil(async () => (await stateOf(door, holder)) === 'EXPIRED', { what: 'the hold has expired' });
          return paying(door, holder);
        },
      },
      RESERVATION_RELEASED: {
        answer: async (door) => {
          const holder = await this.holder(door);
          const request = { reservationId: holder.reservationId };
          succeeded(await door.call('ReservationService.ReleaseReservation', request, holder.fan.headers));
          return paying(door, holder);
        },
      },
      PAYMENT_OUTCOME_UNKNOWN: {
        answer: async (door) => paying(door, await this.payer(door)),
        around: (calls) => this.#whileCommitsGoUnanswered(calls),
      },
      PAYMENT_IN_PROGRESS: {
        answer: async (door) => {
          const payer = unknown.get(door);
          if (!payer) throw new Error('no payment is unknown yet');
          return paying(door, payer);
        },
        // An unknown payment may be tried again until its deadline; then it counts as running until Postgres is asked.
        around: async (calls) => {
          await this.#whileCommitsGoUnanswered(async () => {
            for (const door of [system.json, system.grpc]) {
              const payer = await this.payer(door);
              unknown.set(door, payer);
              await paying(door, payer);
            }
          });
          const deadlineMs = Date.now() + Number(PROVOKING.PAYMENT_DEADLINE_MS);
          await waitUntil(() => Date.now() > deadlineMs, { what: 'the payments are past their deadline' });
          await calls();
        },
      },
      INSUFFICIENT_BALANCE: { answer: async (door) => paying(door, await this.holder(door)) },
      BALANCE_CEILING_EXCEEDED: { answer: (door, rpc) => usual(door, rpc, { amount: String(CEILING + 1) }) },
      CHARGE_DAY_EXCEEDED: { answer: (door, rpc) => usual(door, rpc, { amount: String(DAY_MAX + 1) }) },
      SEAT_LOST: {
        answer: async (door) => {
          const { ticketIds } = await this.owner(door);
          const payer = await this.payer(door);
          await sql(
            `insert into tickets (id, payment_id, user_id, concert_id, performance_id, seat_number, price, currency_code)
             select ?, payment_id, user_id, concert_id, performance_id, ?, price, currency_code from tickets where id = ?`,
            [randomUUID(), this.#seats, ticketIds[0]],
          );
          return paying(door, payer);
        },
      },
      EXTERNAL_REFERENCE_USED: {
        answer: async (door, rpc) => {
          const externalReference = randomUUID();
          succeeded(await usual(door, rpc, { externalReference }));
          return usual(door, rpc, { externalReference });
        },
      },
      TICKET_ALREADY_REFUNDED: {
        answer: async (door, rpc) => {
          const { paymentId } = await this.owner(door);
          succeeded(await usual(door, rpc, { paymentId }));
          return usual(door, rpc, { paymentId });
        },
      },
      STORE_UNAVAILABLE: {
        answer: (door, rpc) => usual(door, rpc),
        async around(calls) {
          proxy.freeze('all');
          await calls().finally(() => proxy.thaw());
          const isBack = async () => (await usual(system.json, 'WalletService.GetBalance')).code === 0;
          await waitUntil(isBack, { what: 'Postgres is back' });
        },
      },
      INTERNAL: {
        answer: (door, rpc) => usual(door, rpc),
        async around(calls) {
          await sql('alter schema public rename to hidden');
          try {
            await calls();
          } finally {
            await sql('alter schema hidden rename to public');
          }
        },
      },
    };
  }

  /** Lets Postgres end the connection of each payment at its commit. */
  async #whileCommitsGoUnanswered(calls: () => Promise<void>): Promise<void> {
    const { database } = this.#stage;
    await database.sql(`create function end_at_commit() returns trigger language plpgsql as $$
      begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$`);
    await database.sql(`create constraint trigger end_at_commit after insert on payments
      deferrable initially deferred for each row execute function end_at_commit()`);
    try {
      await calls();
    } finally {
      await database.sql('drop function end_at_commit cascade');
    }
  }

  #tokenPastItsEnd({ userId }: Fan): Promise<string> {
    const aMinuteAgo = Math.floor(Date.now() / 1_000) - 60;
    return new SignJWT({ concert: this.sale.concertId, epoch: 1, number: 1 })
      .setProtectedHeader({ alg: 'HS256', typ: 'frontrow-queue+jwt', kid: 'test' })
      .setSubject(userId)
      .setAudience('frontrow-queue')
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(aMinuteAgo)
      .sign(Buffer.from(this.#stage.system.tokenSecret, 'base64url'));
  }
}

async function stateOf(door: Door, { fan, reservationId }: Holder): Promise<string> {
  const answer = await door.call('ReservationService.GetReservation', { reservationId }, fan.headers);
  return textAt(objectAt(succeeded(answer), 'reservation'), 'state');
}
