import type { PlaceClaims } from '../shared/place-claims.ts';

/**
 * The states of a place and the moves between them. A place begins WAITING. One that Redis lost comes back by its token, in
 * line or admitted as it was; where nobody asks for it in time it is EXPIRED. README shows this table.
 */
export const PLACE_MOVES = {
  WAITING: ['AWAY', 'ADMITTED', 'LEFT', 'EXPIRED'],
  AWAY: ['WAITING', 'EXPIRED', 'LEFT'],
  ADMITTED: ['COMPLETED', 'EXPIRED', 'LEFT'],
  COMPLETED: [],
  EXPIRED: [],
  LEFT: [],
} as const satisfies Record<string, readonly string[]>;

/** What became of a place. */
export type PlaceState = keyof typeof PLACE_MOVES;

/** Whether a text names a state. */
export function isPlaceState(text: string): text is PlaceState {
  return Object.hasOwn(PLACE_MOVES, text);
}

/** Whether nothing more can become of a place. */
export function hasEnded(state: PlaceState): boolean {
  return PLACE_MOVES[state].length === 0;
}

/** What is true of a line for all of its places, as Redis told it in one step. */
export interface LineFacts {
  /** Redis's clock at the reading. */
  readonly asOfMs: number;
  /** Seats that nobody holds or owns; undefined where the stock was not counted yet. */
  readonly seatsFree: number | undefined;
  /** Places a second that left the head of the line in the last minute, admitted or set aside; 0 where too little is known. */
  readonly placesPerSecond: number;
  /** How many the house takes before it is full for the first time; undefined once it was. */
  readonly firstRoom: number | undefined;
  /** Redis lost the line lately: lost places come back, and nobody is admitted yet. */
  readonly recovering: boolean;
  /** After how long without a sign of life a waiter is taken for gone. */
  readonly awayAfterMs: number;
}

/** A place of an epoch before, which Redis lost and which may come back: Postgres knows what had become of it. */
export interface LostPlace extends PlaceClaims {
  readonly state: 'LOST';
  /** The epoch of the line now. */
  readonly lineEpoch: number;
}

/** Where a user stands in the line of a concert, as Redis told it in one step. */
export interface PlaceSnapshot extends PlaceClaims, LineFacts {
  readonly state: PlaceState;
  /** 1 is next; 0 in any other state than WAITING. */
  readonly position: number;
  /** End of the admission; 0 in any other state than ADMITTED. */
  readonly admissionEndsAtMs: number;
}

/** A place as its user sees it. */
export interface Place extends PlaceSnapshot {
  readonly ahead: number;
  readonly soldOut: boolean;
  readonly estimatedWaitMs: number | undefined;
  readonly admissionRemainingMs: number | undefined;
  readonly pollAfterMs: number | undefined;
}
