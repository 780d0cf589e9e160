import { randomUUID } from 'node:crypto';
import { DomainError } from '../../src/shared/domain-error.ts';
import type { TestDomain, OnSale } from './domain.ts';
import type { Instance } from './instance.ts';
import { MoneyModel, type ModelEntry, type MoneyAnswer, type MoneyCall } from './money-model.ts';
import { pick, seededRandom } from './random.ts';

/** A call that can be made again, at any instance. */
interface Repeatable {
  readonly call: MoneyCall;
  readonly make: (by: Instance) => Promise<MoneyAnswer>;
}

const USERS = 5;
const CONCERTS = 2;
const SEATS = 300;
const PRICE = 1_000n;
/** Most of a usual charge. */
const MOST = 2_500;
const REFERENCES = 8;
/** More than a wallet may hold. */
const TOO_MUCH = 200_000_000n;

/** Users of two concerts whose wallets several clients use at the same time. */
export class MoneyTraffic {
  readonly model = new MoneyModel();
  readonly #domain: TestDomain;
  readonly #instances: readonly Instance[];
  readonly #sales: readonly OnSale[];
  readonly #users: readonly string[] = Array.from({ length: USERS }, () => randomUUID());
  readonly #made: Repeatable[] = [];
  /** Payments that were answered, with their tickets. */
  readonly #paid: { readonly paymentId: string; readonly ticketIds: readonly string[] }[] = [];
  readonly #reference = randomUUID();

  private constructor(domain: TestDomain, instances: readonly Instance[], sales: readonly OnSale[]) {
    this.#domain = domain;
    this.#instances = instances;
    this.#sales = sales;
  }

  /** Puts new concerts on sale, for new users without money. */
  static async open(domain: TestDomain, instances: readonly Instance[]): Promise<MoneyTraffic> {
    const layout = { sections: [{ name: 'A', price: PRICE, rows: [{ label: '1', seatCount: SEATS }] }] };
    const performances = [{ startsAt: new Date(Date.now() + 3_600_000), layout }];
    const opening = Array.from({ length: CONCERTS }, () => domain.concert({ performances, seatsPerUser: 50 }));
    return new MoneyTraffic(domain, instances, await Promise.all(opening));
  }

  /** Does so many random things, one after the other, as one client. */
  async run(steps: number, seed: number): Promise<void> {
    const random = seededRandom(seed);
    for (let each = 0; each < steps; each += 1) await this.#step(random);
  }

  /** What is not as it was answered, once all clients are done: a line each. */
  async faults(): Promise<readonly string[]> {
    const faults = [...this.model.faults()];
    for (const userId of this.#users) {
      const balance = await this.#domain.main.wallet.getBalance(userId);
      faults.push(...this.model.walletFaults(userId, balance, await this.#entries(userId)));
    }
    return faults;
  }

  /** A new charge, a refund, a payment of what a user holds, a call once more, or another request with the key of one. */
  async #step(random: () => number): Promise<void> {
    const by = pick(this.#instances, random);
    const userId = pick(this.#users, random);
    const kind = this.#made.length === 0 ? 0 : random();
    if (kind < 0.2) return this.#make(by, this.#charge(userId, randomUUID(), random));
    if (kind < 0.3) return this.#make(by, this.#refund(random() < 0.7 ? randomUUID() : undefined, random));
    if (kind < 0.65) {
      const key = random() < 0.7 ? randomUUID() : undefined;
      return this.#make(by, await this.#payment(by, userId, key, random));
    }
    const earlier = pick(this.#made, random);
    if (kind < 0.88) return this.#make(by, earlier);
    const { rpc, subject, key } = earlier.call;
    if (key === undefined) return undefined;
    if (rpc === 'charge') return this.#make(by, this.#charge(subject, key, random));
    if (rpc === 'refund') return this.#make(by, this.#refund(key, random));
    return this.#make(by, await this.#payment(by, subject, key, random));
  }

  async #make(by: Instance, repeatable: Repeatable | undefined): Promise<void> {
    if (!repeatable) return;
    this.#made.push(repeatable);
    await this.model.ask(repeatable.call, () => repeatable.make(by));
  }

  #charge(userId: string, key: string, random: () => number): Repeatable {
    // Some ask for more than the wallet may hold, and some say the same reference as others.
    const amount = random() < 0.1 ? TOO_MUCH : 1n + BigInt(Math.floor(random() * MOST));
    const reference = random() < 0.3 ? `${this.#reference} ${Math.floor(random() * REFERENCES)}` : undefined;
    return {
      call: { rpc: 'charge', subject: userId, key, request: `${amount} ${reference}`, reference },
      make: async ({ wallet }) => {
        const input = { userId, amount, idempotencyKey: key, externalReference: reference };
        const { entry, replayed } = await wallet.charge(input);
        return { id: entry.entryId, userId, amount: entry.amount, balanceAfter: entry.balanceAfter, replayed };
      },
    };
  }

  /** The payment of what a user holds; undefined where nothing can be held. */
  async #payment(
    by: Instance,
    userId: string,
    key: string | undefined,
    random: () => number,
  ): Promise<Repeatable | undefined> {
    const { concertId, performanceId } = pick(this.#sales, random);
    const { place } = await by.queue.issueToken(concertId, userId);
    await by.queueStore.advance(concertId);
    const claims = { concertId, userId, epoch: place.epoch, number: place.number };
    const wanted = { count: random() < 0.5 ? 1 : 2, section: undefined };
    const held = await this.#domain.hold(claims, performanceId, wanted, undefined, by).catch(reservationInTheWay);
    if (held === undefined) return undefined;
    const reservationId = typeof held === 'string' ? held : held.reservationId;
    return {
      call: { rpc: 'pay', subject: userId, key, request: reservationId },
      make: async ({ payment: payments }) => {
        const { payment, tickets, replayed } = await payments.pay(claims, reservationId, key);
        const { id, balanceAfter } = payment;
        if (!replayed) this.#paid.push({ paymentId: id, ticketIds: tickets.map((ticket) => ticket.id) });
        return { id, userId: payment.userId, amount: -payment.amount, balanceAfter, replayed };
      },
    };
  }

  /** The refund of a payment or of one of its tickets; undefined where nobody has paid yet. */
  #refund(key: string | undefined, random: () => number): Repeatable | undefined {
    if (this.#paid.length === 0) return undefined;
    const { paymentId, ticketIds } = pick(this.#paid, random);
    const wanted = random() < 0.5 ? [] : [pick(ticketIds, random)];
    return {
      // The keys of all operators are one scope.
      call: { rpc: 'refund', subject: 'operator', key, request: [paymentId, ...wanted].join(' ') },
      make: async ({ refunds }) => {
        const { refund, replayed } = await refunds.refund({ paymentId, ticketIds: wanted, idempotencyKey: key });
        const { id, userId, amount, balanceAfter } = refund;
        return { id, userId, amount, balanceAfter, replayed };
      },
    };
  }

  async #entries(userId: string): Promise<readonly ModelEntry[]> {
    const entries: ModelEntry[] = [];
    const rows = await this.#domain.sql(
      'select id, refund_id from ledger_transfers where wallet_user_id = ? and refund_id is not null',
      [userId],
    );
    const refundIds = new Map(rows.map((row) => [row['id'], String(row['refund_id'])]));
    let pageToken: string | undefined = '';
    while (pageToken !== undefined) {
      const page: Awaited<ReturnType<Instance['wallet']['listEntries']>> = await this.#domain.main.wallet.listEntries(
        userId,
        { pageSize: 100, pageToken },
      );
      for (const { entryId, paymentId, amount, balanceAfter } of page.items)
        entries.push({ effectId: refundIds.get(entryId) ?? paymentId ?? entryId, amount, balanceAfter });
      pageToken = page.nextPageToken;
    }
    return entries.toReversed();
  }
}

/** Which reservation of the user is in the way of another one; undefined where the refusal is about something else. */
function reservationInTheWay(error: unknown): string | undefined {
  if (!(error instanceof DomainError)) throw error;
  return error.metadata['reservation_id'];
}
