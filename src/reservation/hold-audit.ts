import type { HoldStanding, ReservationRecord } from './record-reading.store.ts';

/** What is wrong with a hold. */
export interface HoldFault {
  /** Whether it is about the keys of its seats, or about the payment that runs. */
  readonly about: 'seats' | 'payment';
  readonly what: string;
}

/**
 * What is wrong with a reservation at one moment: while it lives it has the keys of all of its seats, and while it is being
 * paid it is on the list on which overdue payments are found, and not overdue for long.
 *
 * @param graceMs for how long a payment may be past its deadline
 */
export function faultsOfHold(
  { reservationId, seatNumbers }: ReservationRecord,
  { nowMs, state, expiresAtMs, deadlineMs, listedMs, holders }: HoldStanding,
  graceMs: number,
): readonly HoldFault[] {
  const faults: HoldFault[] = [];
  const isPaying = state === 'PAYING';
  if (isPaying && deadlineMs + graceMs < nowMs)
    faults.push({ about: 'payment', what: `is being paid, ${nowMs - deadlineMs} ms past its deadline` });
  if (listedMs !== (isPaying ? deadlineMs : 0))
    faults.push({
      about: 'payment',
      what: `is ${state} until ${deadlineMs}, and listed as being paid until ${listedMs}`,
    });
  const isLive = isPaying ? deadlineMs > nowMs : state === 'HELD' && expiresAtMs > nowMs;
  const lost = isLive ? seatNumbers.filter((_seat, index) => holders[index] !== reservationId) : [];
  if (lost.length > 0)
    faults.push({ about: 'seats', what: `is ${state} without the keys of seats ${lost.join(', ')}` });
  return faults;
}
