// What the demo reads of the API's JSON: 64-bit amounts are strings there, times are texts.

/** A concert that is on sale. */
export interface Concert {
  readonly concertId: string;
  readonly title: string;
  readonly venue: string;
}

/** A date with free seats. */
export interface AvailableDate {
  readonly date: string;
  readonly seatsFree: number;
  readonly performances: readonly { readonly performanceId: string; readonly seatsFree: number }[];
}

/** A place in a line. */
export interface Place {
  readonly number: number;
  readonly state: 'WAITING' | 'AWAY' | 'ADMITTED' | 'COMPLETED' | 'EXPIRED' | 'LEFT';
  readonly position: number;
  readonly admissionRemaining?: string;
}

/** One message of WatchPosition; exactly one of the fields is there. */
export interface WatchMessage {
  readonly place?: Place;
  readonly heartbeat?: { readonly at: string };
  readonly end?: { readonly reason: string; readonly reconnectAfter?: string };
}

/** A seat of a performance. */
export interface Seat {
  readonly number: number;
  readonly label: string;
  readonly price: string;
  readonly state: 'AVAILABLE' | 'HELD' | 'SOLD';
}

/** A hold. */
export interface Reservation {
  readonly reservationId: string;
  readonly state: 'HELD' | 'PAYING' | 'PAID' | 'RELEASED' | 'EXPIRED';
  readonly totalPrice: string;
  readonly currencyCode: string;
  readonly remaining?: string;
}

/** What a wallet holds. */
export interface Balance {
  readonly amount: string;
  readonly currencyCode: string;
}

/** A payment. */
export interface Payment {
  readonly paymentId: string;
  readonly amount: string;
}

/** The right to a seat. */
export interface Ticket {
  readonly ticketId: string;
  readonly paymentId: string;
  readonly seatNumber: number;
  readonly state: string;
}

/** The body of every refusal; the details are typed by `@type`. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
  readonly details: readonly {
    readonly '@type': string;
    readonly reason?: string;
    readonly metadata?: Readonly<Record<string, string>>;
    readonly state?: string;
  }[];
}

/** The answers, by what was asked for. */
export interface Answers {
  readonly listConcerts: { readonly concerts: readonly Concert[] };
  readonly createConcert: { readonly concert: Concert };
  readonly issueToken: { readonly token: string; readonly place: Place };
  readonly listAvailableDates: { readonly dates: readonly AvailableDate[] };
  readonly listSeats: { readonly seats: readonly Seat[]; readonly seatsFree: number };
  readonly holdSeats: { readonly reservation: Reservation };
  readonly chargeBalance: { readonly balance: Balance };
  readonly payReservation: {
    readonly payment: Payment;
    readonly tickets: readonly Ticket[];
    readonly balanceAfter: Balance;
  };
  readonly listTickets: { readonly tickets: readonly Ticket[] };
}
