import { numberOf, textOf, type LuaReply } from '../infrastructure/redis/lua-script.ts';
import { expandUuid } from '../shared/ids.ts';
import { isEndReason, isReservationState, type Reservation } from './reservation.ts';

/** Reads what includes/reservation-record.lua answers. */
export function reservationOf(concertId: string, reply: LuaReply | undefined): Reservation {
  const [
    id,
    user,
    performance,
    state,
    seats,
    prices,
    currency,
    createdAt,
    expiresAt,
    number,
    epoch,
    deadline,
    now,
    end,
    extended,
  ] = textOf(reply).split('|');
  if (state === undefined || !isReservationState(state))
    throw new TypeError('the script answered with an unknown state');
  const amounts = textOf(prices).split(',');
  return {
    reservationId: textOf(id),
    userId: expandUuid(textOf(user)),
    concertId,
    performanceId: textOf(performance),
    state,
    seats: textOf(seats)
      .split(',')
      .map((seat, index) => ({ number: Number(seat), price: BigInt(textOf(amounts[index])) })),
    currencyCode: textOf(currency),
    createdAtMs: numberOf(createdAt),
    expiresAtMs: numberOf(expiresAt),
    placeNumber: numberOf(number),
    placeEpoch: numberOf(epoch),
    paymentDeadlineMs: numberOf(deadline),
    endReason: end !== undefined && isEndReason(end) ? end : undefined,
    extended: extended === '1',
    asOfMs: numberOf(now),
  };
}
