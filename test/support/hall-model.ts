/** What a step came to, in the words of the stores. */
export type ModelOutcome = string;

/** Times of holds as the model needs them, in milliseconds. */
export interface HallTimes {
  readonly holdTtlMs: number;
  readonly holdExtensionMs: number;
  readonly paymentDeadlineMs: number;
  readonly paymentFenceMarginMs: number;
}

/** A reservation in the model. */
export interface ModelReservation {
  readonly id: string;
  readonly user: string;
  readonly seats: readonly number[];
  state: 'HELD' | 'PAYING' | 'PAID' | 'RELEASED';
  endReason: string | undefined;
  expiresAtMs: number;
  /** Until when its seats cannot be had by others. */
  keptUntilMs: number;
  extended: boolean;
  deadlineMs: number;
  remainingMs: number;
  endsByMs: number | undefined;
  attempts: number;
  /** The database has its tickets. */
  committed: boolean;
}

/** What is wanted: seats, or how many side by side in these rows. */
export type ModelWanted =
  readonly number[] | { readonly count: number; readonly firstRow: number; readonly lastRow: number };

/**
 * A hall as one would explain it to a fan: seats in rows, each free, held or sold. Nothing here is fast or atomic; it is
 * what the scripts are compared with.
 */
export class HallModel {
  nowMs: number;
  /** Whether the map is there: while it is not, nobody holds anything new. */
  isReady = true;
  readonly reservations: ModelReservation[] = [];
  /** Seats that the map says are sold, and to whom. */
  readonly sold = new Map<number, string>();
  readonly #rows: readonly (readonly number[])[];
  readonly #times: HallTimes;
  readonly #seatsPerUser: number;

  /** @param rows so many seats in each */
  constructor(rows: readonly number[], times: HallTimes, seatsPerUser: number, nowMs: number) {
    let next = 1;
    this.#rows = rows.map((count) => Array.from({ length: count }, () => next++));
    this.#times = times;
    this.#seatsPerUser = seatsPerUser;
    this.nowMs = nowMs;
  }

  /** All seats, by row. */
  get rows(): readonly (readonly number[])[] {
    return this.#rows;
  }

  /** Who holds a seat now. */
  holderOf(seat: number): ModelReservation | undefined {
    return this.reservations.find((each) => each.seats.includes(seat) && this.#keeps(each));
  }

  /** Whether a seat can be had. */
  isFree(seat: number, exceptOf?: ModelReservation): boolean {
    const holder = this.holderOf(seat);
    return !this.sold.has(seat) && (holder === undefined || holder === exceptOf);
  }

  /** The reservation of a user that lives. */
  livingOf(user: string): ModelReservation | undefined {
    return this.reservations.find((each) => each.user === user && this.#keeps(each));
  }

  /** Holds, perhaps in the place of another hold; says what came of it and which seats are held. */
  hold(
    id: string,
    user: string,
    wanted: ModelWanted,
    replaced?: ModelReservation,
  ): { readonly kind: ModelOutcome; readonly seats: readonly number[] } {
    const refuse = (kind: ModelOutcome) => ({ kind, seats: [] });
    if (!this.isReady) return refuse('map-missing');
    const living = this.livingOf(user);
    if (replaced) {
      if (living !== replaced) return refuse('replaced-not-live');
      if (replaced.state === 'PAYING') return refuse('replaced-paying');
    } else if (living) return refuse('reservation-exists');
    const count = 'count' in wanted ? wanted.count : wanted.length;
    const owned = [...this.sold.values()].filter((owner) => owner === user).length;
    if (owned + count > this.#seatsPerUser) return refuse('seat-limit');
    const seats = 'count' in wanted ? this.#best(wanted, replaced) : wanted;
    if (!seats) return refuse('none-adjacent');
    if (!seats.every((seat) => this.isFree(seat, replaced))) return refuse('seat-taken');
    if (replaced) {
      replaced.state = 'RELEASED';
      replaced.endReason = 'REPLACED';
    }
    const expiresAtMs = replaced?.expiresAtMs ?? this.nowMs + this.#times.holdTtlMs;
    this.reservations.push({
      id,
      user,
      seats,
      state: 'HELD',
      endReason: undefined,
      expiresAtMs,
      keptUntilMs: expiresAtMs,
      extended: replaced?.extended ?? false,
      deadlineMs: 0,
      remainingMs: 0,
      endsByMs: replaced?.endsByMs,
      attempts: 0,
      committed: false,
    });
    return { kind: 'held', seats };
  }

  /** Gives a hold more time. */
  extend(reservation: ModelReservation): ModelOutcome {
    if (reservation.state === 'RELEASED') return 'released';
    if (reservation.state === 'PAID') return 'paid';
    if (reservation.state === 'PAYING') return 'paying';
    if (!this.#keeps(reservation)) return 'expired';
    if (reservation.extended) return 'extended-before';
    reservation.extended = true;
    reservation.expiresAtMs += this.#times.holdExtensionMs;
    reservation.keptUntilMs = reservation.expiresAtMs;
    if (reservation.endsByMs !== undefined) reservation.endsByMs += this.#times.holdExtensionMs;
    return 'extended';
  }

  /** Gives seats back. */
  release(reservation: ModelReservation): ModelOutcome {
    if (reservation.state === 'PAID') return 'paid';
    if (reservation.state === 'PAYING') return 'paying';
    if (this.#keeps(reservation)) {
      reservation.state = 'RELEASED';
      reservation.endReason = 'BY_USER';
    }
    return 'released';
  }

  /** Begins a payment. */
  fence(reservation: ModelReservation): ModelOutcome {
    const { paymentDeadlineMs, paymentFenceMarginMs } = this.#times;
    if (reservation.state === 'PAID') return 'paid';
    if (reservation.state === 'RELEASED') return 'released';
    if (reservation.state === 'PAYING') {
      if (reservation.deadlineMs <= this.nowMs) return 'overdue';
      reservation.attempts += 1;
      return 'fenced';
    }
    if (!this.#keeps(reservation)) return 'expired';
    reservation.state = 'PAYING';
    reservation.deadlineMs = this.nowMs + paymentDeadlineMs;
    reservation.remainingMs = reservation.expiresAtMs - this.nowMs;
    reservation.endsByMs ??= reservation.expiresAtMs + paymentDeadlineMs + paymentFenceMarginMs;
    reservation.keptUntilMs = reservation.deadlineMs + paymentFenceMarginMs;
    reservation.attempts = 1;
    return 'fenced';
  }

  /** A payment was refused, or none can commit any more; says whether the hold goes back to its user. */
  giveBack(reservation: ModelReservation, why: 'refused' | 'overdue'): boolean {
    if (reservation.state !== 'PAYING') return false;
    if (why === 'refused') {
      reservation.attempts -= 1;
      if (reservation.attempts > 0) return false;
    }
    const endsAtMs = Math.min(this.nowMs + reservation.remainingMs, reservation.endsByMs ?? Infinity);
    const goesBack = endsAtMs > this.nowMs && this.#keeps(reservation);
    reservation.state = 'HELD';
    reservation.expiresAtMs = goesBack ? endsAtMs : this.nowMs;
    reservation.keptUntilMs = reservation.expiresAtMs;
    if (!goesBack) reservation.endReason = 'PAYMENT_TIME_UP';
    return goesBack;
  }

  /** A committed payment is carried into the map. */
  settle(reservation: ModelReservation): void {
    reservation.state = 'PAID';
    reservation.keptUntilMs = this.nowMs;
    for (const seat of reservation.seats) this.sold.set(seat, reservation.user);
  }

  /** What the reservation is by now. */
  stateOf(reservation: ModelReservation): string {
    return reservation.state === 'HELD' && reservation.expiresAtMs <= this.nowMs ? 'EXPIRED' : reservation.state;
  }

  #keeps(reservation: ModelReservation): boolean {
    const isLive = reservation.state === 'HELD' || reservation.state === 'PAYING';
    return isLive && reservation.keptUntilMs > this.nowMs;
  }

  #best(
    wanted: Exclude<ModelWanted, readonly number[]>,
    replaced: ModelReservation | undefined,
  ): readonly number[] | undefined {
    for (const row of this.#rows.slice(wanted.firstRow - 1, wanted.lastRow)) {
      for (let start = 0; start + wanted.count <= row.length; start += 1) {
        const seats = row.slice(start, start + wanted.count);
        if (seats.every((seat) => this.isFree(seat, replaced))) return seats;
      }
    }
    return undefined;
  }
}
