import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../../support/random.ts';
import { listAt, objectAt, textAt, type Answer, type Door, type JsonObject } from './door.ts';
import { newUserId, type System } from './system.ts';
import type { Sale } from './sale.ts';

const UNAVAILABLE = 14;
const TRIES = 100;
const PAUSE_MS = 50;
/** What a payment may be told that is not the end of it. */
const NOT_FINAL = new Set([
  'STORE_UNAVAILABLE',
  'PAYMENT_OUTCOME_UNKNOWN',
  'PAYMENT_IN_PROGRESS',
  'REQUEST_IN_PROGRESS',
]);

/** The attempt of a fan came to nothing: another fan tries. */
class GaveUp extends Error {}

/**
 * Buyers who buy whatever the stores do meanwhile, and write down every sold seat that is offered to somebody.
 */
export class SaleUnderLoss {
  readonly #system: System;
  readonly #sale: Sale;
  readonly #random: () => number;
  /** Seats of which somebody was told, or a test knows, that they are sold. */
  readonly sold = new Set<number>();
  /** When each of them was told of. */
  readonly soldAtMs: number[] = [];
  /** Sold seats that were offered or held all the same. */
  readonly offered: string[] = [];
  /** Answers that no buyer should ever get. */
  readonly unexpected: string[] = [];
  #isOver = false;

  constructor(system: System, sale: Sale, random: () => number) {
    this.#system = system;
    this.#sale = sale;
    this.#random = random;
  }

  /** Sends everybody home: who is not admitted does not see that everything is sold. */
  stop(): void {
    this.#isOver = true;
  }

  /** Buys with so many buyers at a time, until it is stopped. */
  async run(lanes: number): Promise<void> {
    await Promise.all(Array.from({ length: lanes }, (_none, lane) => this.#lane(lane)));
  }

  async #lane(lane: number): Promise<void> {
    while (!this.#isOver) {
      try {
        await this.#buy(this.#system.direct(lane % this.#system.servers.length));
      } catch (error) {
        if (!(error instanceof GaveUp)) throw error;
        await sleep(PAUSE_MS);
      }
    }
  }

  async #buy(door: Door): Promise<void> {
    const userId = newUserId();
    const { concertId, performanceId } = this.#sale;
    const issued = await this.#ask(door, 'QueueService.IssueToken', { concertId, userId });
    const headers = { 'queue-token': textAt(issued, 'token') };
    const keyed = { ...headers, 'idempotency-key': randomUUID() };
    await this.#ask(door, 'WalletService.ChargeBalance', { userId, amount: '10000' }, keyed);
    await this.#untilAdmitted(door, headers);
    const soldBefore = [...this.sold];
    const listed = await this.#ask(door, 'CatalogService.ListSeats', { performanceId, view: 'STATES' }, headers);
    const available = this.#availableIn(listed, soldBefore);
    if (available.length === 0) {
      // Others may still hold what is left.
      await sleep(PAUSE_MS);
      return;
    }
    const wanted = this.#random() < 0.5 ? { seatNumbers: [pick(available, this.#random)] } : { best: { count: 1 } };
    const soldBeforeHold = new Set(this.sold);
    const held = await this.#ask(door, 'ReservationService.HoldSeats', { performanceId, ...wanted }, keyed);
    const reservation = objectAt(held, 'reservation');
    const seats = listAt(reservation, 'seats').map((seat) => Number(seat['number']));
    for (const seat of seats) if (soldBeforeHold.has(seat)) this.offered.push(`seat ${seat} was held`);
    await this.#pay(door, { reservationId: textAt(reservation, 'reservationId') }, keyed, seats);
  }

  async #untilAdmitted(door: Door, headers: Readonly<Record<string, string>>): Promise<void> {
    for (let tries = 0; tries < 2 * TRIES && !this.#isOver; tries += 1) {
      const { state } = objectAt(await this.#ask(door, 'QueueService.GetPosition', {}, headers), 'place');
      if (state === 'ADMITTED') return;
      await sleep(PAUSE_MS);
    }
    throw new GaveUp();
  }

  #availableIn(listed: JsonObject, soldBefore: readonly number[]): readonly number[] {
    const states = objectAt(listed, 'states');
    const numbersAt = (name: string) => (Array.isArray(states[name]) ? states[name].map(Number) : []);
    const available = numbersAt('available');
    for (const seat of soldBefore) if (available.includes(seat)) this.offered.push(`seat ${seat} was AVAILABLE`);
    return available;
  }

  async #pay(door: Door, request: JsonObject, headers: Readonly<Record<string, string>>, seats: readonly number[]) {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const answer = await door.call('PaymentService.PayReservation', request, headers);
      if (answer.code === 0) {
        for (const seat of seats) this.sold.add(seat);
        this.soldAtMs.push(Date.now());
        return;
      }
      if (!isPassing(answer)) throw this.#refused('PayReservation', answer);
      await sleep(PAUSE_MS);
    }
    throw new GaveUp();
  }

  /** Calls until there is an answer. */
  async #ask(
    door: Door,
    rpc: string,
    request: JsonObject,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<JsonObject> {
    for (let tries = 0; tries < TRIES && !this.#isOver; tries += 1) {
      const answer = await door.call(rpc, request, headers);
      if (answer.code === 0) return answer.body;
      if (!isPassing(answer)) throw this.#refused(rpc, answer);
      await sleep(PAUSE_MS);
    }
    throw new GaveUp();
  }

  #refused(rpc: string, answer: Answer): GaveUp {
    if (answer.reason === undefined || answer.reason === 'INTERNAL')
      this.unexpected.push(`${rpc}: ${answer.code} ${answer.message}`);
    return new GaveUp(answer.reason);
  }
}

function isPassing({ code, reason }: Answer): boolean {
  return NOT_FINAL.has(reason ?? '') || (code === UNAVAILABLE && reason === undefined);
}
