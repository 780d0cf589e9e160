import { UniqueConstraintViolationException, type EntityManager } from '@mikro-orm/core';
import { cursorOf, pageOf, pageSizeOf, type Page, type PageRequest } from '../shared/page.ts';
import { AdmissionBatchRow } from './admission-batch.entity.ts';
import { batchHash, eventsOf, eventsText, FIRST_PREVIOUS_HASH, type AdmissionBatch } from './admission-log.ts';
import type { AdmissionLogStore, LoggedEvent } from './admission-log.store.ts';

/** Entries that one batch has at most, each of up to a hundred events. */
const BATCH = 100;

/** Moves admission logs to Postgres and reads them there. */
export class AdmissionLogService {
  readonly #em: EntityManager;
  readonly #store: Pick<AdmissionLogStore, 'read' | 'trim' | 'clock'>;
  readonly #settleMs: number;

  /**
   * @param settleMs how old an entry is when it is moved: older than what Redis may lose, so that no batch tells of what
   *   Redis has forgotten and does again
   */
  constructor(em: EntityManager, store: Pick<AdmissionLogStore, 'read' | 'trim' | 'clock'>, settleMs: number) {
    this.#em = em;
    this.#store = store;
    this.#settleMs = settleMs;
  }

  /**
   * Moves what a concert's log has in Redis. Any instance may do it at any time: two that move the same entries write
   * the same sequence number, and one of them wins. A process that dies between writing and trimming leaves entries that
   * are known to be moved by their id.
   *
   * @returns how many events were moved
   */
  async move(concertId: string): Promise<number> {
    const { nowMs, entries } = await this.#store.clock(concertId);
    const beforeMs = nowMs - this.#settleMs;
    // Every instance looks at every line each second, and mostly there is nothing: that is Redis's to say, not Postgres's.
    if (entries === 0 || (await this.#store.read(concertId, undefined, beforeMs, 1)).length === 0) return 0;
    for (let moved = 0; ;) {
      const count = await this.#moveBatch(concertId, beforeMs, (events) => events);
      moved += count;
      if (count === 0) return moved;
    }
  }

  /**
   * Reads batches of a concert's log, oldest first.
   *
   * @throws INVALID_REQUEST naming `page_token`
   */
  async list(concertId: string, request: PageRequest): Promise<Page<AdmissionBatch>> {
    const pageSize = pageSizeOf(request);
    const after = cursorOf(request, (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined)) ?? 0;
    const rows = await this.#em
      .fork()
      .find(
        AdmissionBatchRow,
        { concertId, sequence: { $gt: after } },
        { orderBy: { sequence: 'asc' }, limit: pageSize + 1 },
      );
    const page = pageOf(rows, pageSize, (last) => String(last.sequence));
    return { ...page, items: page.items.map(batchOf) };
  }

  /**
   * Moves what a concert's log has up to the last opening of its line, however young that is. From then on nothing of the
   * epochs before comes into the log: who read it from Redis before the loss and writes it only now finds the sequence
   * number taken.
   */
  async moveOpening(concertId: string): Promise<void> {
    const { nowMs } = await this.#store.clock(concertId);
    const upToOpening = (events: readonly LoggedEvent[]) =>
      events.slice(0, events.findLastIndex(({ kind }) => kind === 'OPENED') + 1);
    while ((await this.#moveBatch(concertId, nowMs, upToOpening)) > 0);
  }

  /** Whether nothing was ever moved of a concert's log. */
  async isEmpty(concertId: string): Promise<boolean> {
    return (await this.#em.fork().findOne(AdmissionBatchRow, { concertId }, { fields: ['sequence'] })) === null;
  }

  /** Reads the whole log of a concert, oldest first, in parts that fit into memory. */
  eachBatch(concertId: string): AsyncGenerator<AdmissionBatch> {
    return eachBatch(this.#em, concertId);
  }

  async #moveBatch(
    concertId: string,
    beforeMs: number,
    select: (events: readonly LoggedEvent[]) => readonly LoggedEvent[],
  ): Promise<number> {
    const em = this.#em.fork();
    const last = await em.findOne(AdmissionBatchRow, { concertId }, { orderBy: { sequence: 'desc' } });
    const events = select(await this.#store.read(concertId, last?.lastEntryId, beforeMs, BATCH));
    const lastEntryId = events.at(-1)?.entryId;
    if (lastEntryId === undefined) return 0;
    const sequence = (last?.sequence ?? 0) + 1;
    const batch = { concertId, sequence, events, previousHash: last?.hash ?? FIRST_PREVIOUS_HASH };
    const { previousHash } = batch;
    em.create(AdmissionBatchRow, {
      concertId,
      sequence,
      lastEntryId,
      events: eventsText(events),
      hash: batchHash(batch),
      previousHash,
      createdAt: new Date(),
    });
    try {
      await em.flush();
    } catch (error) {
      // Another instance was faster; what it moved it trims.
      if (error instanceof UniqueConstraintViolationException) return 0;
      throw error;
    }
    await this.#store.trim(concertId, lastEntryId);
    return events.length;
  }
}

/** Batches that are read at a time. */
const READ_BATCHES = 20;

/**
 * Reads the whole admission log of a concert, oldest first.
 *
 * @param em the ORM's own entity manager
 */
export async function* eachBatch(em: EntityManager, concertId: string): AsyncGenerator<AdmissionBatch> {
  for (let after = 0; ;) {
    const where = { concertId, sequence: { $gt: after } };
    const rows = await em.fork().find(AdmissionBatchRow, where, { orderBy: { sequence: 'asc' }, limit: READ_BATCHES });
    yield* rows.map(batchOf);
    const last = rows.at(-1);
    if (!last || rows.length < READ_BATCHES) return;
    after = last.sequence;
  }
}

function batchOf(row: AdmissionBatchRow): AdmissionBatch {
  const { concertId, sequence, hash, previousHash } = row;
  return { concertId, sequence, hash, previousHash, events: eventsOf(row.events) };
}
