import type { LineRepository } from './line.repository.ts';
import type { ConcertDirectory } from './line-times.ts';
import { OpenLineTask } from './open-line-task.ts';
import type { QueueStore } from './queue.store.ts';

/** What keeping the lines to their rules stands on. */
export interface PolicyTickerDeps {
  readonly store: Pick<QueueStore, 'setPolicy' | 'setTimes' | 'openLines'>;
  readonly lines: Pick<LineRepository, 'policyOf'>;
  readonly concerts: ConcertDirectory;
  /** Between two rounds, milliseconds. */
  readonly intervalMs: number;
  /** Told which line could not be looked after; the next round tries again. */
  readonly onError: (error: unknown, concertId?: string) => void;
}

/**
 * Has every open line go by the policy and the times that Postgres has. Mostly it does: this is for a change whose process
 * died between the two stores, and for a Redis that forgot a change with its last second. What is older never replaces
 * what is newer, so any instance may do it at any time.
 */
export class PolicyTicker extends OpenLineTask {
  readonly #deps: PolicyTickerDeps;

  constructor(deps: PolicyTickerDeps) {
    const { store, intervalMs, onError } = deps;
    super({ openLines: () => store.openLines(), intervalMs, onError });
    this.#deps = deps;
  }

  protected override async tend(concertId: string): Promise<void> {
    const { store, lines, concerts } = this.#deps;
    await store.setPolicy(concertId, await lines.policyOf(concertId));
    const times = await concerts.findTimes(concertId);
    if (times) await store.setTimes(concertId, times);
  }
}
