import type { LineRepository } from './line.repository.ts';
import { OpenLineTask } from './open-line-task.ts';
import type { QueueStore } from './queue.store.ts';

/**
 * Puts the policy of every open line in force as Postgres has it. Mostly it is: this is for a change whose process died
 * between the two stores, and for a Redis that forgot a change with its last second. An older policy never replaces a
 * newer one, so any instance may do it at any time.
 */
export class PolicyTicker extends OpenLineTask {
  readonly #store: Pick<QueueStore, 'setPolicy'>;
  readonly #lines: Pick<LineRepository, 'policyOf'>;

  /**
   * @param intervalMs between two rounds
   * @param onError told when a policy could not be put in force; the next round tries again
   */
  constructor(
    store: Pick<QueueStore, 'setPolicy' | 'openLines'>,
    lines: Pick<LineRepository, 'policyOf'>,
    intervalMs: number,
    onError: (error: unknown, concertId?: string) => void,
  ) {
    super({ openLines: () => store.openLines(), intervalMs, onError });
    this.#store = store;
    this.#lines = lines;
  }

  protected override async tend(concertId: string): Promise<void> {
    await this.#store.setPolicy(concertId, await this.#lines.policyOf(concertId));
  }
}
