import type { MessageSource } from '../infrastructure/grpc/message-source.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';

/** What happened to a seat. */
export type SeatChangeCause = 'held' | 'released' | 'expired' | 'sold' | 'refunded';

/** The map of some seats that follow each other. */
export interface SeatMapPart {
  readonly kind: 'map';
  readonly version: bigint;
  /** How many seats of the performance are AVAILABLE. */
  readonly seatsFree: number;
  readonly firstSeat: number;
  readonly lastSeat: number;
  /** Whether this is the last part. */
  readonly complete: boolean;
  readonly held: readonly number[];
  readonly sold: readonly number[];
}

/** What changed since the event before, each seat once, by what happened to it last. */
export interface SeatChanges extends Readonly<Record<SeatChangeCause, readonly number[]>> {
  readonly kind: 'changes';
  readonly fromVersion: bigint;
  readonly version: bigint;
  /** How many seats of the performance are AVAILABLE. */
  readonly seatsFree: number;
}

/** One message of a stream of seats. */
export type SeatEvent =
  | SeatMapPart
  | SeatChanges
  | { readonly kind: 'heartbeat'; readonly atMs: number }
  | {
      readonly kind: 'end';
      readonly reason: 'NOT_ADMITTED' | 'STOPPING' | 'FAILED';
      readonly reconnectAfterMs: number | undefined;
    };

/** Who streams the seats of performances, which is not the catalog's own. */
export interface SeatWatch {
  /**
   * Streams the map of a performance to a user for as long as the user is admitted.
   *
   * @param toMessage what the reader gets for an event
   */
  watch<Message>(
    claims: PlaceClaims,
    performanceId: string,
    toMessage: (event: SeatEvent) => Message,
  ): MessageSource<Message>;
}
