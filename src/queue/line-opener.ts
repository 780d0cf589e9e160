import { DomainError } from '../shared/domain-error.ts';
import type { NewId } from '../shared/ids.ts';
import { concertNotFound } from '../shared/refusals.ts';
import type { AdmissionLogService } from './admission-log.service.ts';
import type { LineRepository } from './line.repository.ts';
import type { ConcertDirectory, LineTimes } from './line-times.ts';
import type { QueueStore } from './queue.store.ts';

/** What opening a line stands on. */
export interface LineOpenerDeps {
  readonly store: Pick<QueueStore, 'claimOpening' | 'open' | 'setPolicy' | 'setTimes'>;
  readonly lines: Pick<LineRepository, 'policyOf' | 'nextEpoch'>;
  readonly concerts: ConcertDirectory;
  readonly log: Pick<AdmissionLogService, 'isEmpty' | 'moveOpening'>;
  /** Counts the free seats of a line that was just opened: until then its doors stay shut. */
  readonly countStock: (concertId: string) => Promise<void>;
  readonly newId: NewId;
  /** Resolves after so many milliseconds. */
  readonly delay: (ms: number) => Promise<void>;
  /** For how long a line that Redis lost lets lost places come back before it admits anybody, milliseconds. */
  readonly recoveryWindowMs: number;
}

/** Whoever opens a line has so long; then somebody else may. */
const CLAIM_MS = 2_000;
/** How often the others look whether it is open, and how often at most. */
const POLL_MS = 25;
const MAX_POLLS = 120;

/**
 * Opens lines that Redis does not have: the first time, and after Redis lost everything. One caller of all instances
 * counts the epoch up in Postgres and opens, the others wait for it.
 */
export class LineOpener {
  readonly #deps: LineOpenerDeps;
  readonly #opening = new Map<string, Promise<void>>();

  constructor(deps: LineOpenerDeps) {
    this.#deps = deps;
  }

  /**
   * Makes sure that the line is open.
   *
   * @throws CONCERT_NOT_FOUND, or REQUEST_IN_PROGRESS where whoever opens it takes too long
   */
  async open(concertId: string): Promise<void> {
    const running = this.#opening.get(concertId);
    if (running) return running;
    const opening = this.#open(concertId).finally(() => this.#opening.delete(concertId));
    this.#opening.set(concertId, opening);
    return opening;
  }

  async #open(concertId: string): Promise<void> {
    const times = await this.#deps.concerts.findTimes(concertId);
    if (!times) throw concertNotFound(concertId);
    const opener = this.#deps.newId();
    for (let poll = 0; poll < MAX_POLLS; poll += 1) {
      const claim = await this.#deps.store.claimOpening(concertId, opener, CLAIM_MS);
      if (claim === 'open') return;
      if (claim === 'claimed' && (await this.#openAs(opener, concertId, times))) return;
      await this.#deps.delay(POLL_MS);
    }
    throw new DomainError('REQUEST_IN_PROGRESS', 'The line of this concert is being opened.', { retryAfterMs: 1_000 });
  }

  /** Opens a claimed line; false where the claim ran out meanwhile. */
  async #openAs(opener: string, concertId: string, times: LineTimes): Promise<boolean> {
    const { store, lines, concerts, log, countStock } = this.#deps;
    const record = await lines.nextEpoch(concertId);
    // The epoch counts up also for an opening that a crash cut off: where nothing ever happened, nobody is waited for.
    const recoveryWindowMs = (await log.isEmpty(concertId)) ? 0 : this.#deps.recoveryWindowMs;
    if (!(await store.open(concertId, { times, ...record, opener, recoveryWindowMs }))) return false;
    await log.moveOpening(concertId);
    // A change that was made meanwhile found no line that could go by it.
    await store.setPolicy(concertId, await lines.policyOf(concertId));
    await store.setTimes(concertId, (await concerts.findTimes(concertId)) ?? times);
    await countStock(concertId);
    return true;
  }
}
