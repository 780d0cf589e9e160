import { LRUCache } from 'lru-cache';
import type { PlaceClaims } from '../shared/place-claims.ts';
import type { AdmissionLogService } from './admission-log.service.ts';
import { FormerPlaces } from './former-places.ts';
import type { LineRepository } from './line.repository.ts';
import type { LostPlace } from './place.ts';
import type { RestoredPlace } from './line-steps.ts';
import type { QueueStore } from './queue.store.ts';

/** Who knows which places of a concert have paid, and whose they were; the payment domain implements it. */
export interface PaidPlaces {
  paidPlaces(concertId: string): Promise<readonly Pick<PlaceClaims, 'userId' | 'epoch' | 'number'>[]>;
}

/** What bringing places back stands on. */
export interface LineRecoveryDeps {
  readonly store: Pick<QueueStore, 'restore'>;
  readonly log: Pick<AdmissionLogService, 'eachBatch' | 'moveOpening'>;
  readonly lines: Pick<LineRepository, 'policyOf'>;
  readonly paid: PaidPlaces;
}

interface Former {
  readonly places: FormerPlaces;
  readonly admissionTtlMs: number;
}

/**
 * For how long an instance keeps the former places of a line in mind. Not so many lines: all of them may be lost at once,
 * and by default places come back for less than that by far; where they still do they are read once more.
 */
const KEPT_MS = 3_600_000;

/**
 * Brings places back that Redis lost with everything else. A signed token says which number its user had; what had become
 * of that number, the admission log and the payments in Postgres say. They are read once for each epoch: a payment that
 * commits after that is carried into the line by its own settling, which ends the place whether or not it came back.
 */
export class LineRecovery {
  readonly #deps: LineRecoveryDeps;
  readonly #former = new LRUCache<string, Promise<Former>>({ ttl: KEPT_MS, ttlAutopurge: true });

  constructor(deps: LineRecoveryDeps) {
    this.#deps = deps;
  }

  /** Gives back what can be given back of places of one line; each of them is known to the line afterwards. */
  async restore(concertId: string, lost: readonly LostPlace[]): Promise<void> {
    const first = lost[0];
    if (!first) return;
    const { places, admissionTtlMs } = await this.#formerOf(concertId, first.lineEpoch);
    const restored = lost.map((place): RestoredPlace => {
      const former = places.of(place);
      const admissionEndsAtMs = former.kind === 'admitted' ? former.admittedAtMs + admissionTtlMs : 0;
      return { ...place, was: former.kind, admissionEndsAtMs };
    });
    await this.#deps.store.restore(concertId, first.lineEpoch, restored);
  }

  async #formerOf(concertId: string, lineEpoch: number): Promise<Former> {
    const key = `${concertId} ${lineEpoch}`;
    const known = this.#former.get(key);
    if (known) return known;
    const reading = this.#read(concertId, lineEpoch);
    this.#former.set(key, reading);
    reading.catch(() => this.#former.delete(key));
    return reading;
  }

  async #read(concertId: string, lineEpoch: number): Promise<Former> {
    const { log, paid, lines } = this.#deps;
    const places = new FormerPlaces();
    await log.moveOpening(concertId);
    for await (const batch of log.eachBatch(concertId)) {
      for (const event of batch.events) if (event.epoch < lineEpoch) places.take(event);
    }
    for (const place of await paid.paidPlaces(concertId)) places.takePaid(place);
    return { places, admissionTtlMs: (await lines.policyOf(concertId)).admissionTtlMs };
  }
}
