import type { JsonObject } from '../../e2e/support/door.ts';
import { putOnSale, succeeded, takePlace, type Sale } from '../../e2e/support/sale.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { ReservationStore } from '../../../src/reservation/index.ts';
import type { HoldsSystem } from './holds-system.ts';
import { SEATS_PER_BUYER, takePlaces, type Ticket } from './watch-sale.ts';

/** The sizes of halls that are measured: the smallest usual one, a theatre, and the greatest that there may be. */
export const HALL_SIZES = [50, 1_000, 50_000] as const;

/** Rows of even length: best seats, two at a time, fill them. */
const ROWS: Readonly<Record<number, { readonly sections: number; readonly rows: number; readonly rowSeats: number }>> =
  {
    50: { sections: 1, rows: 5, rowSeats: 10 },
    1_000: { sections: 2, rows: 25, rowSeats: 20 },
    50_000: { sections: 10, rows: 50, rowSeats: 100 },
  };
const DAY_MS = 24 * 60 * 60 * 1_000;
const ADMITTED_WITHIN_MS = 30_000;

/** A performance on sale, and fans who are in and hold nothing. */
export interface HallOnSale extends Sale {
  readonly seats: number;
  readonly fans: readonly Ticket[];
}

/** Sections of rows of seats as CreateConcert takes them. */
export function layoutOf(sections: number, rows: number, rowSeats: number): JsonObject {
  const row = (_none: unknown, index: number) => ({ label: `${index + 1}`, seatCount: rowSeats });
  const section = (_none: unknown, index: number) => ({
    name: `${index + 1}`,
    price: '50000',
    rows: Array.from({ length: rows }, row),
  });
  return { sections: Array.from({ length: sections }, section) };
}

/** Puts a hall of one of the measured sizes on sale, and lets so many fans in. */
export async function openHall(system: HoldsSystem, seats: number, fans: number): Promise<HallOnSale> {
  const size = ROWS[seats];
  if (!size) throw new Error(`there is no layout of ${seats} seats`);
  return openHallOf(system, layoutOf(size.sections, size.rows, size.rowSeats), seats, fans);
}

/** Puts a hall on sale, and lets so many fans in, who stay. */
export async function openHallOf(
  system: HoldsSystem,
  layout: JsonObject,
  seats: number,
  fans: number,
): Promise<HallOnSale> {
  const startsAt = new Date(Date.now() + 7 * DAY_MS).toISOString();
  const concert = { seatsPerUser: SEATS_PER_BUYER, performances: [{ startsAt, layout }] };
  const sale = await putOnSale(system, { concert, policy: { admissionTtl: '3600s', awayAfter: '3600s' } });
  // The line opens with whoever comes first.
  await takePlace(system.json, sale.concertId);
  const tickets = await takePlaces(system, sale.concertId, fans);
  const headers = { 'operator-key': system.operatorKey };
  const areIn = async (): Promise<boolean> => {
    const stats = await system.json.call('QueueService.GetQueueStats', { concertId: sale.concertId }, headers);
    return Number(succeeded(stats)['admitted']) > fans;
  };
  await waitUntil(areIn, { what: 'the fans are in', timeoutMs: ADMITTED_WITHIN_MS });
  return { ...sale, seats, fans: tickets };
}

/** Sells seats by the step that ends a sale, as many in it as a user may have at most. */
export async function sellSeats(system: HoldsSystem, hall: HallOnSale, seatNumbers: readonly number[]): Promise<void> {
  const store = new ReservationStore(system.redis, {
    holdExtensionMs: 0,
    retentionMs: DAY_MS,
    paymentDeadlineMs: 0,
    paymentFenceMarginMs: 0,
    outcomeTtlMs: 0,
  });
  const { concertId, performanceId } = hall;
  for (let start = 0; start < seatNumbers.length; start += SEATS_PER_BUYER) {
    const [reservationId, userId] = [crypto.randomUUID(), crypto.randomUUID()];
    const sold = seatNumbers.slice(start, start + SEATS_PER_BUYER);
    // A place of an epoch that never was: nobody's place ends with the sale.
    const place = { placeNumber: start + 1, placeEpoch: 0 };
    await store.settle({ concertId, performanceId, reservationId, userId, ...place, seatNumbers: sold });
  }
}

/** The numbers from one to another. */
export function numbersFrom(first: number, last: number, step = 1): readonly number[] {
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_none, index) => first + index * step);
}
