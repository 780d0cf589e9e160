import type { PlaceClaims } from '../shared/place-claims.ts';
import type { AdmissionPolicy } from './admission-policy.ts';
import type { FormerPlace } from './former-places.ts';
import type { LineTimes } from './line-times.ts';
import type { LineFacts, PlaceSnapshot } from './place.ts';

/** What asking for a place came to. */
export type JoinResult =
  | { readonly kind: 'joined'; readonly place: PlaceSnapshot }
  | { readonly kind: 'not-open'; readonly opensAtMs: number; readonly nowMs: number }
  | { readonly kind: 'draining' };

/** What leaving came to. */
export type LeaveResult =
  | { readonly kind: 'left'; readonly place: PlaceSnapshot }
  | { readonly kind: 'line-missing' }
  | { readonly kind: 'hold-active'; readonly reservationId: string };

/** A line as it is opened in Redis. */
export interface LineOpening {
  readonly epoch: number;
  readonly times: LineTimes;
  readonly policy: AdmissionPolicy;
  /** Who opens, as in claimOpening. */
  readonly opener: string;
  /** For how long a line that is not the first lets lost places come back before it admits anybody. */
  readonly recoveryWindowMs: number;
}

/** A place that Redis lost, with what Postgres says had become of it. */
export interface RestoredPlace extends PlaceClaims {
  readonly was: FormerPlace['kind'];
  /** End of the admission; 0 where it was not admitted. */
  readonly admissionEndsAtMs: number;
}

/** What one advance of a line did. */
export interface Advance {
  readonly admitted: number;
  readonly setAside: number;
  readonly ended: number;
  /** More is due at once than one run does. */
  readonly more: boolean;
}

/** Counts of a line. */
export interface LineCounts extends LineFacts {
  /** Over the last minute; 0 where too little is known. */
  readonly admissionsPerSecond: number;
  readonly waiting: number;
  readonly away: number;
  readonly admitted: number;
  readonly lastNumber: number;
  readonly epoch: number;
}
