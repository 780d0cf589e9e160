/**
 * The states of a reservation and the moves between them. A reservation begins HELD. README shows this table.
 *
 * PAYING goes back to HELD when the payment is refused, with the time that remained when it began.
 */
export const RESERVATION_MOVES = {
  HELD: ['PAYING', 'RELEASED', 'EXPIRED'],
  PAYING: ['PAID', 'HELD'],
  PAID: [],
  RELEASED: [],
  EXPIRED: [],
} as const satisfies Record<string, readonly string[]>;

/** What became of a reservation. */
export type ReservationState = keyof typeof RESERVATION_MOVES;

/** Why a reservation ended unpaid. */
export const END_REASONS = ['BY_USER', 'REPLACED', 'TIME_UP', 'PAYMENT_TIME_UP', 'PERFORMANCE_CANCELED'] as const;
/** Why a reservation ended unpaid. */
export type EndReason = (typeof END_REASONS)[number];

/** Whether a text names a reason. */
export function isEndReason(text: string): text is EndReason {
  return (END_REASONS as readonly string[]).includes(text);
}

/** Whether a text names a state. */
export function isReservationState(text: string): text is ReservationState {
  return Object.hasOwn(RESERVATION_MOVES, text);
}

/** A seat with the price as it was when it was held. */
export interface HeldSeat {
  readonly number: number;
  /** In the minor unit. */
  readonly price: bigint;
}

/** A hold on seats of one performance, and what became of it, as Redis told it in one step. */
export interface Reservation {
  readonly reservationId: string;
  readonly userId: string;
  readonly concertId: string;
  readonly performanceId: string;
  readonly state: ReservationState;
  /** By number. */
  readonly seats: readonly HeldSeat[];
  readonly currencyCode: string;
  readonly createdAtMs: number;
  /** When the hold ends, or ended, unpaid. */
  readonly expiresAtMs: number;
  /** The place from which it was held. */
  readonly placeNumber: number;
  readonly placeEpoch: number;
  /** By when the payment that runs has committed or never will; 0 in any other state than PAYING. */
  readonly paymentDeadlineMs: number;
  /** Set where it ended unpaid. */
  readonly endReason: EndReason | undefined;
  /** Whether its time was extended: that is done once. */
  readonly extended: boolean;
  /** Redis's clock at the reading. */
  readonly asOfMs: number;
}

/** What paying a reservation costs, in the minor unit. */
export function totalPrice(reservation: Pick<Reservation, 'seats'>): bigint {
  return reservation.seats.reduce((sum, seat) => sum + seat.price, 0n);
}

/** What is left of a hold, in milliseconds; undefined where it is not HELD. */
export function remainingMs(reservation: Reservation): number | undefined {
  return reservation.state === 'HELD' ? Math.max(0, reservation.expiresAtMs - reservation.asOfMs) : undefined;
}
