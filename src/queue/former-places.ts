import type { PlaceClaims } from '../shared/place-claims.ts';
import type { AdmissionEvent } from './admission-log.ts';

/** What had become of a place when Redis lost the line, as far as Postgres knows. */
export type FormerPlace =
  { readonly kind: 'waiting' | 'expired' | 'completed' } | { readonly kind: 'admitted'; readonly admittedAtMs: number };

type Named = Pick<PlaceClaims, 'epoch' | 'number'>;
type Owned = Named & Pick<PlaceClaims, 'userId'>;

/**
 * What had become of the places of a line that Redis lost: from the admission log and the payments. Of a number that
 * neither tells of, it was still in line. Who had left may come back like anyone with a token.
 */
export class FormerPlaces {
  readonly #known = new Map<string, FormerPlace>();
  /** The latest place by which a user paid. */
  readonly #paidBy = new Map<string, Named>();

  /** Takes an event of the log, in its order. */
  take(event: AdmissionEvent): void {
    const key = keyOf(event);
    switch (event.kind) {
      case 'ADMITTED':
        this.#known.set(key, { kind: 'admitted', admittedAtMs: event.atMs });
        break;
      case 'EXPIRED':
        this.#known.set(key, { kind: 'expired' });
        break;
      case 'COMPLETED':
        this.#known.set(key, { kind: 'completed' });
        break;
      case 'RETURNED':
      case 'LEFT':
        this.#known.delete(key);
        break;
      case 'SET_ASIDE':
      case 'GAP':
      case 'OPENED':
        break;
    }
  }

  /** Takes a place that paid. */
  takePaid(place: Owned): void {
    this.#known.set(keyOf(place), { kind: 'completed' });
    const before = this.#paidBy.get(place.userId);
    if (!before || isEarlier(before, place)) this.#paidBy.set(place.userId, place);
  }

  /**
   * What had become of a place. One that its user had before the place by which the user paid had ended before that one
   * was given, however it ended: who left may come back, but not after having had the turn.
   */
  of(place: Owned): FormerPlace {
    const known = this.#known.get(keyOf(place)) ?? { kind: 'waiting' };
    const paidBy = this.#paidBy.get(place.userId);
    return known.kind !== 'completed' && paidBy && isEarlier(place, paidBy) ? { kind: 'expired' } : known;
  }
}

function isEarlier(place: Named, than: Named): boolean {
  return place.epoch < than.epoch || (place.epoch === than.epoch && place.number < than.number);
}

function keyOf({ epoch, number }: Named): string {
  return `${epoch}:${number}`;
}
