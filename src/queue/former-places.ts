import type { PlaceClaims } from '../shared/place-claims.ts';
import type { AdmissionEvent } from './admission-log.ts';

/** What had become of a place when Redis lost the line, as far as Postgres knows. */
export type FormerPlace =
  { readonly kind: 'waiting' | 'expired' | 'completed' } | { readonly kind: 'admitted'; readonly admittedAtMs: number };

type Named = Pick<PlaceClaims, 'epoch' | 'number'>;

/**
 * What had become of the places of a line that Redis lost: from the admission log and the payments. Of a number that
 * neither tells of, it was still in line. Who had left may come back like anyone with a token.
 */
export class FormerPlaces {
  readonly #known = new Map<string, FormerPlace>();

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
        this.takePaid(event);
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
  takePaid(place: Named): void {
    this.#known.set(keyOf(place), { kind: 'completed' });
  }

  /** What had become of a place. */
  of(place: Named): FormerPlace {
    return this.#known.get(keyOf(place)) ?? { kind: 'waiting' };
  }
}

function keyOf({ epoch, number }: Named): string {
  return `${epoch}:${number}`;
}
