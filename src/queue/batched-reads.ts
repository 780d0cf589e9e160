import type { PlaceClaims } from '../shared/place-claims.ts';
import type { PlaceSnapshot } from './place.ts';

/** Places that one script reads: it stays well below a millisecond. */
const BATCH = 100;

interface Waiting {
  readonly claims: PlaceClaims;
  readonly resolve: (snapshot: PlaceSnapshot) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads single places, those of one line that are asked for in the same turn of the event loop in one step: when a sale
 * opens everybody polls, and a command for each would be most of what a poll costs. Nobody waits for longer than the turn.
 */
export class BatchedReads {
  readonly #read: (concertId: string, claims: readonly PlaceClaims[]) => Promise<readonly PlaceSnapshot[]>;
  /** The batch of each concert that is being filled. */
  readonly #filling = new Map<string, Waiting[]>();

  /** @param read reads places of one line, in the order of the claims */
  constructor(read: (concertId: string, claims: readonly PlaceClaims[]) => Promise<readonly PlaceSnapshot[]>) {
    this.#read = read;
  }

  /** Reads one place. */
  read(claims: PlaceClaims): Promise<PlaceSnapshot> {
    return new Promise((resolve, reject) => {
      const { concertId } = claims;
      const filling = this.#filling.get(concertId);
      if (filling && filling.length < BATCH) {
        filling.push({ claims, resolve, reject });
        return;
      }
      const batch: Waiting[] = [{ claims, resolve, reject }];
      this.#filling.set(concertId, batch);
      setImmediate(() => void this.#run(concertId, batch));
    });
  }

  async #run(concertId: string, batch: readonly Waiting[]): Promise<void> {
    if (this.#filling.get(concertId) === batch) this.#filling.delete(concertId);
    try {
      const snapshots = await this.#read(
        concertId,
        batch.map(({ claims }) => claims),
      );
      for (const [index, { resolve, reject }] of batch.entries()) {
        const snapshot = snapshots[index];
        if (snapshot) resolve(snapshot);
        else reject(new Error('the store answered without the place'));
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }
}
