import { expect } from 'chai';
import { CANCELING_USE_CASE, RELAY_USE_CASE } from '../../support/money-fault-points.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { listAt, objectAt, textAt, type Door, type JsonObject } from './door.ts';
import { admittedFan, charge, hold, pay, putOnSale, seatState, succeeded, type Fan, type Sale } from './sale.ts';
import type { System } from './system.ts';

const SEATS = 300;
const PRICE = 1_000;
const BALANCE = 5_000;
const CHARGED = 700;

/** A call for money that a fault is to meet. */
export interface MoneyCall {
  readonly fan: Fan;
  readonly rpc: string;
  readonly request: JsonObject;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it has a key: without one it is safe to repeat by nature, and no repetition is marked. */
  readonly isKeyed: boolean;
  /** The balance without and with its effect, minor unit. */
  readonly balances: { readonly none: number; readonly done: number };
  /** The id of what it made, in its response. */
  readonly idOf: (body: JsonObject) => string;
  /** Waits until Redis is as it is without, or with its effect. */
  readonly untilHealed: (effect: 'none' | 'done') => Promise<void>;
}

/** A sale in which each call is made by a fan of its own, for a seat of its own. */
export class MoneyCalls {
  readonly #system: System;
  readonly #sale: Sale;
  /** Looks at seats. */
  readonly #observer: Fan;
  #seat = 0;

  private constructor(system: System, sale: Sale, observer: Fan) {
    this.#system = system;
    this.#sale = sale;
    this.#observer = observer;
  }

  /** Puts a hall on sale. */
  static async open(system: System): Promise<MoneyCalls> {
    const sale = await putOnSmallSale(system);
    return new MoneyCalls(system, sale, await admittedFan(system.direct(0), sale.concertId));
  }

  /** Makes everything ready for a call of a new fan, and says which it is. */
  async prepare(useCase: string): Promise<MoneyCall> {
    const fan = await admittedFan(this.#healthy, this.#sale.concertId);
    await charge(this.#healthy, fan.userId, BALANCE);
    switch (useCase) {
      case 'ChargeBalance':
        return this.#charging(fan);
      case 'PayReservation':
      case RELAY_USE_CASE:
        return this.#paying(fan);
      case 'RefundPayment':
        return this.#refunding(fan);
      case 'CancelPerformance':
      case CANCELING_USE_CASE:
        return this.#canceling(fan);
      default:
        throw new Error(`there is no call for ${useCase}`);
    }
  }

  get #healthy(): Door {
    return this.#system.direct(0);
  }

  #charging(fan: Fan): MoneyCall {
    return {
      fan,
      rpc: 'WalletService.ChargeBalance',
      request: { userId: fan.userId, amount: String(CHARGED) },
      headers: { 'idempotency-key': 'once' },
      isKeyed: true,
      balances: { none: BALANCE, done: BALANCE + CHARGED },
      idOf: (body) => textAt(objectAt(body, 'entry'), 'entryId'),
      untilHealed: () => Promise.resolve(),
    };
  }

  async #paying(fan: Fan): Promise<MoneyCall> {
    const seat = (this.#seat += 1);
    const reservationId = await hold(this.#healthy, fan, this.#sale, [seat]);
    const request = { reservationId };
    const stateOf = async () => {
      const answer = await this.#healthy.call('ReservationService.GetReservation', request, fan.headers);
      return textAt(objectAt(succeeded(answer), 'reservation'), 'state');
    };
    return {
      fan,
      rpc: 'PaymentService.PayReservation',
      request,
      headers: { ...fan.headers, 'idempotency-key': 'once' },
      isKeyed: true,
      balances: { none: BALANCE, done: BALANCE - PRICE },
      idOf: (body) => textAt(objectAt(body, 'payment'), 'paymentId'),
      untilHealed: async (effect) => {
        const wanted = effect === 'done' ? 'PAID' : 'HELD';
        await waitUntil(async () => (await stateOf()) === wanted, { what: `the reservation is ${wanted}` });
        await this.#untilSeat(seat, effect === 'done' ? 'SOLD' : 'HELD');
      },
    };
  }

  async #refunding(fan: Fan): Promise<MoneyCall> {
    const seat = (this.#seat += 1);
    const reservationId = await hold(this.#healthy, fan, this.#sale, [seat]);
    const paid = succeeded(await pay(this.#healthy, fan, reservationId));
    expect(listAt(paid, 'tickets')).to.have.length(1);
    return {
      fan,
      rpc: 'PaymentService.RefundPayment',
      request: { paymentId: textAt(objectAt(paid, 'payment'), 'paymentId') },
      // The keys of all operators are one scope.
      headers: { 'operator-key': this.#system.operatorKey, 'idempotency-key': `refund-${seat}` },
      isKeyed: true,
      balances: { none: BALANCE - PRICE, done: BALANCE },
      idOf: (body) => textAt(objectAt(body, 'refund'), 'refundId'),
      untilHealed: (effect) => this.#untilSeat(seat, effect === 'done' ? 'AVAILABLE' : 'SOLD'),
    };
  }

  /** Of a performance of its own, with a seat that is sold and one that is held. */
  async #canceling(owner: Fan): Promise<MoneyCall> {
    const sale = await putOnSmallSale(this.#system);
    const fan = await admittedFan(this.#healthy, sale.concertId, owner.userId);
    succeeded(await pay(this.#healthy, fan, await hold(this.#healthy, fan, sale, [1])));
    const holder = await admittedFan(this.#healthy, sale.concertId);
    const held = { reservationId: await hold(this.#healthy, holder, sale, [2]) };
    const request = { performanceId: sale.performanceId };
    const headers = { 'operator-key': this.#system.operatorKey };
    const progress = () => this.#healthy.call('PaymentService.GetCancellation', request, headers);
    return {
      fan,
      rpc: 'PaymentService.CancelPerformance',
      request,
      headers,
      isKeyed: false,
      balances: { none: BALANCE - PRICE, done: BALANCE },
      idOf: (body) => textAt(objectAt(body, 'cancellation'), 'performanceId'),
      untilHealed: async (effect) => {
        if (effect === 'none') return void expect((await progress()).reason).to.equal('CANCELLATION_NOT_FOUND');
        const isDone = async () => objectAt(succeeded(await progress()), 'cancellation')['state'] === 'CANCELED';
        await waitUntil(isDone, { what: 'the cancellation is done' });
        const read = await this.#healthy.call('ReservationService.GetReservation', held, holder.headers);
        expect(objectAt(succeeded(read), 'reservation')['state']).to.equal('RELEASED');
      },
    };
  }

  async #untilSeat(seat: number, wanted: string): Promise<void> {
    const isAsWanted = async () => (await seatState(this.#healthy, this.#observer, this.#sale, seat)) === wanted;
    await waitUntil(isAsWanted, { what: `seat ${seat} is ${wanted}` });
  }
}

/** Puts a hall on sale that is small, but has a seat for every call. */
async function putOnSmallSale(system: System): Promise<Sale> {
  const startsAt = new Date(Date.now() + 86_400_000).toISOString();
  const layout = { sections: [{ name: 'A', price: String(PRICE), rows: [{ label: '1', seatCount: SEATS }] }] };
  return putOnSale(system, { concert: { performances: [{ startsAt, layout }] } });
}
