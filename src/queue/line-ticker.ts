import { OpenLineTask } from './open-line-task.ts';
import type { QueueStore } from './queue.store.ts';

/** How many runs of one line follow each other at most before the next line has its turn. */
const MAX_RUNS_PER_TICK = 250;

/** Moves every open line on: a step that is due is done once, by whoever comes first. */
export class LineTicker extends OpenLineTask {
  readonly #store: Pick<QueueStore, 'advance'>;

  /**
   * @param intervalMs between two rounds
   * @param onError told when a line could not be moved on; the next round tries again
   */
  constructor(
    store: Pick<QueueStore, 'advance' | 'openLines'>,
    intervalMs: number,
    onError: (error: unknown, concertId?: string) => void,
  ) {
    super({ openLines: () => store.openLines(), intervalMs, onError });
    this.#store = store;
  }

  protected override async tend(concertId: string): Promise<void> {
    for (let run = 0; run < MAX_RUNS_PER_TICK; run += 1) {
      const advance = await this.#store.advance(concertId);
      if (!advance?.more) return;
    }
  }
}
