import { expect } from 'chai';
import type { RedisClient } from '../../../src/infrastructure/redis/client.ts';
import { concertPrefix, userMember } from '../../../src/queue/index.ts';
import { reservationKey } from '../../../src/reservation/reservation.keys.ts';
import { HallModel, type ModelReservation, type ModelWanted } from '../../support/hall-model.ts';
import { expectAsModel, readHall } from '../../support/hall-state.ts';
import { keysOf } from '../../support/redis.ts';
import { objectAt, textAt, type Door, type JsonObject } from './door.ts';
import { admittedFan, charge, pay, putOnSale, succeeded, type Fan, type Sale } from './sale.ts';
import type { System } from './system.ts';

/** Rows of the hall, and so many seats in each. */
const ROWS = [4, 3, 1, 9];
const SEAT_COUNT = ROWS.reduce((sum, count) => sum + count, 0);
const SEATS_PER_USER = 6;
const TIMES = {
  holdTtlMs: 300_000,
  holdExtensionMs: 120_000,
  paymentDeadlineMs: 10_000,
  paymentFenceMarginMs: 300_000,
};

/** A reservation's record in Redis, by field. */
export type RecordFields = Readonly<Record<string, string>>;

/** A change that a use case makes to the hall, played in a model. */
export type ModelEffect = (model: HallModel) => void;

/** A sale of one small hall at real servers, and what a model says of it. */
export class ModelledSale {
  readonly sale: Sale;
  readonly #redis: RedisClient;
  readonly #played: ModelEffect[] = [];
  readonly #users: string[] = [];
  readonly #knownIds = new Set<string>();

  private constructor(sale: Sale, redis: RedisClient) {
    this.sale = sale;
    this.#redis = redis;
  }

  /** Puts a hall on sale in which somebody owns seat 5. */
  static async open(system: System, redis: RedisClient): Promise<ModelledSale> {
    const startsAt = new Date(Date.now() + 86_400_000).toISOString();
    const rows = ROWS.map((seatCount, index) => ({ label: String(index + 1), seatCount }));
    const layout = { sections: [{ name: 'A', price: '1000', rows }] };
    const concert = { seatsPerUser: SEATS_PER_USER, performances: [{ startsAt, layout }] };
    const modelled = new ModelledSale(await putOnSale(system, { concert }), redis);
    const owner = await modelled.fan(system.json);
    await charge(system.json, owner.userId, 1_000);
    const { id } = await modelled.hold(system.json, owner, [5]);
    succeeded(await pay(system.json, owner, id));
    modelled.play((model) => model.settle(reservationIn(model, id)));
    return modelled;
  }

  /** A new fan who is let in. */
  async fan(door: Door): Promise<Fan> {
    const fan = await admittedFan(door, this.sale.concertId);
    this.#users.push(fan.userId);
    return fan;
  }

  /** Holds seats, in the model too; the call has to succeed. */
  async hold(door: Door, fan: Fan, seatNumbers: number[]): Promise<{ readonly id: string }> {
    const request = { performanceId: this.sale.performanceId, seatNumbers };
    const body = succeeded(await door.call('ReservationService.HoldSeats', request, fan.headers));
    const id = textAt(objectAt(body, 'reservation'), 'reservationId');
    const record = await this.record(id);
    this.play((model) => holdAsRecorded(model, record, fan, seatNumbers));
    return { id };
  }

  /** Takes an effect for what is true from now on. */
  play(effect: ModelEffect): void {
    this.#played.push(effect);
  }

  /** A reservation's record as it is. */
  async record(id: string): Promise<RecordFields> {
    this.#knownIds.add(id);
    return this.#read(id);
  }

  /** The record of the one reservation that the test has not heard of; undefined where there is none. */
  async newRecord(): Promise<RecordFields | undefined> {
    const prefix = `${concertPrefix(this.sale.concertId)}:reservation:`;
    const keys = (await keysOf(this.#redis, this.sale.concertId)).filter((key) => key.startsWith(prefix));
    const ids = keys.map((key) => key.slice(prefix.length)).filter((id) => !this.#knownIds.has(id));
    expect(ids.length, 'reservations that nobody was told of').to.be.at.most(1);
    return ids[0] === undefined ? undefined : this.#read(ids[0]);
  }

  /** Keys, index, records and the map that is shown are as the model, perhaps with one effect more. */
  async expectState(when: string, door: Door, fan: Fan, effect?: ModelEffect): Promise<void> {
    const reading = await readHall(this.#redis, this.sale, SEAT_COUNT);
    const model = this.#model(reading.nowMs, effect);
    expectAsModel(reading, model, this.#users, when);
    for (const reservation of model.reservations) {
      const { state, expires_at, extended, end_reason, seats, user } = await this.#read(reservation.id);
      expect({ state, expires_at, extended, end_reason, seats, user }, `record ${when}`).to.deep.equal({
        state: reservation.state,
        expires_at: String(reservation.expiresAtMs),
        extended: reservation.extended ? '1' : undefined,
        end_reason: reservation.endReason,
        seats: reservation.seats.join(','),
        user: userMember(reservation.user),
      });
    }
    expect(await this.shown(door, fan), `map ${when}`).to.deep.equal(shownBy(model));
  }

  /** The map as a fan is shown it, and how it has to be. */
  async shown(door: Door, fan: Fan): Promise<ShownMap> {
    const request = { performanceId: this.sale.performanceId, view: 'STATES' };
    const body = succeeded(await door.call('CatalogService.ListSeats', request, fan.headers));
    return shownIn(body);
  }

  /** The map as it has to be shown now. */
  expectedMap(): ShownMap {
    return shownBy(this.#model(Date.now()));
  }

  #read(id: string): Promise<RecordFields> {
    return this.#redis.hgetall(reservationKey(this.sale.concertId, id));
  }

  #model(nowMs: number, effect?: ModelEffect): HallModel {
    const model = new HallModel(ROWS, TIMES, SEATS_PER_USER, 0);
    for (const played of this.#played) played(model);
    effect?.(model);
    model.nowMs = nowMs;
    return model;
  }
}

/** Seats by state. */
export interface ShownMap {
  readonly held: readonly number[];
  readonly sold: readonly number[];
}

/** The seats by state in an answer of ListSeats with the view STATES. */
export function shownIn(body: JsonObject): ShownMap {
  const states = objectAt(body, 'states');
  const numbersAt = (name: string) => (Array.isArray(states[name]) ? states[name].map(Number) : []);
  return { held: numbersAt('held'), sold: numbersAt('sold') };
}

/** A hold played at the time at which it was made. */
export function holdAsRecorded(
  model: HallModel,
  record: RecordFields | undefined,
  fan: Fan,
  wanted: ModelWanted,
  replacedId?: string,
): void {
  if (!record) throw new Error('nothing is held');
  model.nowMs = Number(record['created_at']);
  const replaced = replacedId === undefined ? undefined : reservationIn(model, replacedId);
  const { kind } = model.hold(record['id'] ?? '', fan.userId, wanted, replaced);
  expect(kind).to.equal('held');
}

/** A reservation of a model by its id. */
export function reservationIn(model: HallModel, id: string): ModelReservation {
  const found = model.reservations.find((each) => each.id === id);
  if (!found) throw new Error(`the model has no reservation ${id}`);
  return found;
}

function shownBy(model: HallModel): ShownMap {
  const numbers = model.rows.flat();
  return {
    held: numbers.filter((seat) => !model.sold.has(seat) && model.holderOf(seat)),
    sold: numbers.filter((seat) => model.sold.has(seat)),
  };
}
