import type { AdmissionLogService } from './admission-log.service.ts';
import { OpenLineTask } from './open-line-task.ts';
import type { QueueStore } from './queue.store.ts';

/** Moves the admission logs of all open lines to Postgres: what was moved is moved once. */
export class AdmissionLogTicker extends OpenLineTask {
  readonly #log: Pick<AdmissionLogService, 'move'>;

  /**
   * @param intervalMs between two rounds
   * @param onError told when a log could not be moved; the next round tries again
   */
  constructor(
    store: Pick<QueueStore, 'openLines'>,
    log: Pick<AdmissionLogService, 'move'>,
    intervalMs: number,
    onError: (error: unknown, concertId?: string) => void,
  ) {
    super({ openLines: () => store.openLines(), intervalMs, onError });
    this.#log = log;
  }

  protected override async tend(concertId: string): Promise<void> {
    await this.#log.move(concertId);
  }
}
