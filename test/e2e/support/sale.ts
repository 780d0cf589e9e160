import { randomUUID } from 'node:crypto';
import { waitUntil } from '../../support/wait-until.ts';
import { listAt, objectAt, textAt, type Answer, type Door, type JsonObject } from './door.ts';
import { newUserId, type System } from './system.ts';

/** A concert on sale with one performance, unless more are asked for. */
export interface Sale {
  readonly concertId: string;
  readonly performanceIds: readonly string[];
  readonly performanceId: string;
  readonly date: string;
}

/** A user with a token. */
export interface Fan {
  readonly userId: string;
  readonly token: string;
  readonly headers: { readonly 'queue-token': string };
}

const DAY_MS = 24 * 60 * 60 * 1_000;

/** What a sale is to be like. */
export interface SaleOptions {
  /** Fields of CreateConcert over the usual ones. */
  readonly concert?: JsonObject;
  /** Fields of UpdateAdmissionPolicy over doors that let everybody in. */
  readonly policy?: JsonObject;
}

/** Puts a concert on sale, with doors that let everybody in. */
export async function putOnSale(system: System, options: SaleOptions = {}): Promise<Sale> {
  const headers = { 'operator-key': system.operatorKey };
  const startsAt = new Date(Date.now() + 7 * DAY_MS).toISOString();
  const concert = { title: 'A', venue: 'B', timeZone: 'Asia/Seoul', performances: [{ startsAt }], ...options.concert };
  const created = succeeded(await system.json.call('CatalogService.CreateConcert', concert, headers));
  const { concertId, performances } = {
    concertId: textAt(objectAt(created, 'concert'), 'concertId'),
    performances: listAt(objectAt(created, 'concert'), 'performances'),
  };
  const wide = { capacity: 100_000, ratePerSecond: 100_000, burst: 100_000, seatHeadroomPercent: 100_000 };
  const policy = { concertId, ...wide, ...options.policy };
  succeeded(await system.json.call('QueueService.UpdateAdmissionPolicy', policy, headers));
  const first = performances[0];
  if (!first) throw new Error('the concert has no performance');
  return {
    concertId,
    performanceIds: performances.map((performance) => textAt(performance, 'performanceId')),
    performanceId: textAt(first, 'performanceId'),
    date: textAt(first, 'date'),
  };
}

/** The response of a call that has to succeed. */
export function succeeded(answer: Answer): JsonObject {
  if (answer.code !== 0 || (answer.http ?? 200) !== 200) {
    throw new Error(`refused: ${answer.http ?? ''} ${answer.code} ${answer.reason ?? ''} ${answer.message}`);
  }
  return answer.body;
}

/** Takes a place in the line. */
export async function takePlace(door: Door, concertId: string, userId: string = newUserId()): Promise<Fan> {
  const token = textAt(succeeded(await door.call('QueueService.IssueToken', { concertId, userId })), 'token');
  return { userId, token, headers: { 'queue-token': token } };
}

/** Reads the state of a fan's place. */
export async function stateOf(door: Door, fan: Fan): Promise<string> {
  const answer = await door.call('QueueService.GetPosition', {}, fan.headers);
  return textAt(objectAt(succeeded(answer), 'place'), 'state');
}

/** Takes a place and waits until it is let in. */
export async function admittedFan(door: Door, concertId: string, userId?: string): Promise<Fan> {
  const fan = await takePlace(door, concertId, userId);
  await untilState(door, fan, 'ADMITTED');
  return fan;
}

/** Waits until a fan's place has a state. */
export async function untilState(door: Door, fan: Fan, state: string): Promise<void> {
  await waitUntil(async () => (await stateOf(door, fan)) === state, { what: `the place is ${state}` });
}

/** Charges a wallet. */
export async function charge(door: Door, userId: string, amount: number): Promise<void> {
  const headers = { 'idempotency-key': randomUUID() };
  succeeded(await door.call('WalletService.ChargeBalance', { userId, amount: String(amount) }, headers));
}

/** Holds seats; the call has to succeed. */
export async function hold(door: Door, fan: Fan, sale: Sale, seatNumbers: number[]): Promise<string> {
  const request = { performanceId: sale.performanceId, seatNumbers };
  const answer = await door.call('ReservationService.HoldSeats', request, fan.headers);
  return textAt(objectAt(succeeded(answer), 'reservation'), 'reservationId');
}

/** Pays a reservation. */
export async function pay(
  door: Door,
  fan: Fan,
  reservationId: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return door.call('PaymentService.PayReservation', { reservationId }, { ...fan.headers, ...headers });
}

/** The state of a seat as a fan sees it. */
export async function seatState(door: Door, fan: Fan, sale: Sale, seatNumber: number): Promise<string> {
  const answer = await door.call('CatalogService.ListSeats', { performanceId: sale.performanceId }, fan.headers);
  const seat = listAt(succeeded(answer), 'seats').find((each) => each['number'] === seatNumber);
  return textAt(seat ?? {}, 'state');
}

/** The balance of a wallet in the minor unit. */
export async function balanceOf(door: Door, userId: string): Promise<number> {
  const answer = await door.call('WalletService.GetBalance', { userId });
  return Number(textAt(objectAt(succeeded(answer), 'balance'), 'amount'));
}
