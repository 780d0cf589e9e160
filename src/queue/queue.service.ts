import { storeUnavailable } from '../shared/domain-error.ts';
import type { Page, PageRequest } from '../shared/page.ts';
import type { PlaceClaims } from '../shared/place-claims.ts';
import { concertNotFound } from '../shared/refusals.ts';
import type { AdmissionLogService } from './admission-log.service.ts';
import type { AdmissionBatch } from './admission-log.ts';
import type { AdmissionPolicy, PolicyChange } from './admission-policy.ts';
import type { ChangedPolicy, LineRepository } from './line.repository.ts';
import type { LineOpener } from './line-opener.ts';
import type { LineRecovery } from './line-recovery.ts';
import { placeOf } from './place-rules.ts';
import { hasEnded, type Place, type PlaceSnapshot } from './place.ts';
import type { QueueTokens, SignedToken } from './queue-token.ts';
import { holdActive, NotAdmittedError, queueDraining, queueNotOpen } from './queue.errors.ts';
import type { LineCounts } from './line-steps.ts';
import type { ConcertDirectory } from './line-times.ts';
import type { QueueStore } from './queue.store.ts';
import { TurnBatch } from './turn-batch.ts';

/** What the queue's use cases stand on. */
export interface QueueServiceDeps {
  readonly store: Pick<QueueStore, 'join' | 'read' | 'leave' | 'advance' | 'setPolicy' | 'count'>;
  readonly lines: Pick<LineRepository, 'policyOf' | 'change'>;
  readonly opener: Pick<LineOpener, 'open'>;
  readonly recovery: Pick<LineRecovery, 'restore'>;
  readonly tokens: Pick<QueueTokens, 'sign'>;
  readonly concerts: ConcertDirectory;
  readonly log: Pick<AdmissionLogService, 'list'>;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
}

/** Redis may lose a line again while its places come back; more often than this in one call is a fault. */
const MAX_READS = 3;

/** So many keep a run of their script, during which Redis serves nobody else, well below two milliseconds. */
const READS_A_STEP = 100;
const JOINS_A_STEP = 50;

/** The use cases of the line. */
export class QueueService {
  readonly #deps: QueueServiceDeps;
  readonly #reads = new TurnBatch(READS_A_STEP, (concertId, claims: readonly PlaceClaims[]) =>
    this.read(concertId, claims),
  );
  readonly #joins = new TurnBatch(JOINS_A_STEP, (concertId, userIds: readonly string[]) =>
    this.#withLine(concertId, () => this.#deps.store.join(concertId, userIds)),
  );

  constructor(deps: QueueServiceDeps) {
    this.#deps = deps;
  }

  /**
   * Gives the user a place at the end of the line, or the place the user has, with a fresh token.
   *
   * @param known of a token that the user has already: a place that Redis lost comes back by it
   * @throws CONCERT_NOT_FOUND, QUEUE_NOT_OPEN, QUEUE_DRAINING
   */
  async issueToken(concertId: string, userId: string, known?: PlaceClaims): Promise<SignedToken & { place: Place }> {
    if (known?.concertId === concertId) await this.#reads.add(concertId, known);
    const joined = await this.#joins.add(concertId, userId);
    if (joined.kind === 'not-open') throw queueNotOpen(joined.opensAtMs, joined.nowMs);
    if (joined.kind === 'draining') throw queueDraining();
    const { epoch, number } = joined.place;
    const signed = this.#deps.tokens.sign({ userId, concertId, epoch, number });
    return { ...signed, place: this.#placeOf(joined.place) };
  }

  /** Reads the place of a token; asking counts as being seen. */
  async position(claims: PlaceClaims): Promise<Place> {
    return this.#placeOf(await this.#reads.add(claims.concertId, claims));
  }

  /**
   * Reads places of one line in one step, which counts as being seen. Opens the line where Redis does not have it, and
   * brings places back that it lost.
   *
   * @returns in the order of the claims
   */
  async read(concertId: string, claims: readonly PlaceClaims[]): Promise<readonly PlaceSnapshot[]> {
    for (let round = 0; round < MAX_READS; round += 1) {
      const readings = await this.#withLine(concertId, () => this.#deps.store.read(concertId, claims, true));
      const lost = readings.filter((reading) => reading.state === 'LOST');
      if (lost.length === 0) return readings.filter((reading) => reading.state !== 'LOST');
      await this.#deps.recovery.restore(concertId, lost);
    }
    throw storeUnavailable(new Error('places are lost again right after they were restored'));
  }

  /**
   * Lets a call through whose place is admitted now.
   *
   * @throws NOT_ADMITTED with the place
   */
  async requireAdmitted(claims: PlaceClaims): Promise<void> {
    const place = await this.position(claims);
    if (place.state !== 'ADMITTED') throw new NotAdmittedError(place);
  }

  /**
   * Gives a place up; leaving an ended place changes nothing.
   *
   * @throws HOLD_ACTIVE while a hold of the place lives
   */
  async leave(claims: PlaceClaims): Promise<Place> {
    const result = await this.#withLine(claims.concertId, async () => {
      const left = await this.#deps.store.leave(claims);
      return left.kind === 'line-missing' ? undefined : left;
    });
    if (result.kind === 'hold-active') throw holdActive(result.reservationId);
    if (hasEnded(result.place.state)) await this.#deps.store.advance(claims.concertId);
    return this.#placeOf(result.place);
  }

  /**
   * The policy in force.
   *
   * @throws CONCERT_NOT_FOUND
   */
  async policy(concertId: string): Promise<AdmissionPolicy> {
    await this.#requireConcert(concertId);
    return this.#deps.lines.policyOf(concertId);
  }

  /**
   * Changes the policy. Postgres first: should Redis fail after it, the caller tries again, and a line that opens anew
   * takes what Postgres says. A retry with its key puts the first outcome in force, unless a later one is.
   *
   * @throws CONCERT_NOT_FOUND, IDEMPOTENCY_KEY_REUSED
   */
  async changePolicy(concertId: string, change: PolicyChange, idempotencyKey?: string): Promise<ChangedPolicy> {
    await this.#requireConcert(concertId);
    const changed = await this.#deps.lines.change(concertId, change, idempotencyKey);
    await this.#deps.store.setPolicy(concertId, changed.policy);
    return changed;
  }

  /**
   * Reads the admission log, oldest first.
   *
   * @throws CONCERT_NOT_FOUND, INVALID_REQUEST naming `page_token`
   */
  async admissions(concertId: string, page: PageRequest): Promise<Page<AdmissionBatch>> {
    await this.#requireConcert(concertId);
    return this.#deps.log.list(concertId, page);
  }

  /**
   * Counts the line.
   *
   * @throws CONCERT_NOT_FOUND
   */
  async stats(concertId: string): Promise<LineCounts> {
    return this.#withLine(concertId, () => this.#deps.store.count(concertId));
  }

  #placeOf(snapshot: PlaceSnapshot): Place {
    return placeOf(snapshot, this.#deps.random());
  }

  async #requireConcert(concertId: string): Promise<void> {
    if (!(await this.#deps.concerts.findTimes(concertId))) throw concertNotFound(concertId);
  }

  /** Runs a step on the line; where Redis does not have the line, opens it and runs the step once more. */
  async #withLine<T>(concertId: string, step: () => Promise<T | undefined>): Promise<T> {
    const first = await step();
    if (first !== undefined) return first;
    await this.#deps.opener.open(concertId);
    const second = await step();
    if (second === undefined) throw storeUnavailable(new Error('the line is missing right after it was opened'));
    return second;
  }
}
