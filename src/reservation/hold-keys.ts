import { lineKeyList } from '../queue/index.ts';
import { payingKey, performanceKeyList, reservationKey, seatKeyPrefix } from './reservation.keys.ts';
import type { Reservation } from './reservation.ts';

/** The keys that every script of a hold takes first. */
export function holdKeys(concertId: string, performanceId: string, reservationId: string): readonly string[] {
  return [
    ...lineKeyList(concertId),
    reservationKey(concertId, reservationId),
    ...performanceKeyList(concertId, performanceId),
    payingKey(concertId),
  ];
}

/** The keys of seats, in the order of the numbers. */
export function seatKeysOf(concertId: string, performanceId: string, numbers: readonly number[]): readonly string[] {
  const prefix = seatKeyPrefix(concertId, performanceId);
  return numbers.map((number) => `${prefix}${number}`);
}

/** The keys of a reservation's seats. */
export function heldSeatKeys({ concertId, performanceId, seats }: Reservation): readonly string[] {
  return seatKeysOf(
    concertId,
    performanceId,
    seats.map(({ number }) => number),
  );
}
