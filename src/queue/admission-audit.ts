import { batchHash, FIRST_PREVIOUS_HASH, GAP_SIZE, type AdmissionBatch, type AdmissionEvent } from './admission-log.ts';

/** Something in the log that cannot be. */
export interface AuditFault {
  readonly sequence: number;
  readonly text: string;
}

/** The numbers of one epoch as the log has them: a number that was never named may be present. */
class Numbers {
  /** Every number below was named; those that are present again are in `present`. */
  #next = 1;
  /** Numbers from `next` on that are not present. */
  readonly #gone = new Set<number>();
  /** Numbers below `next` that are present again. */
  readonly #present = new Set<number>();
  readonly #admitted = new Set<number>();

  /** Takes an event; returns what is wrong with it. */
  take({ kind, number }: AdmissionEvent): string | undefined {
    switch (kind) {
      case 'ADMITTED': {
        const smallest = this.#smallest();
        this.#leave(number);
        this.#admitted.add(number);
        return number === smallest ? undefined : `number ${number} was admitted while ${smallest} was first`;
      }
      case 'RETURNED':
        if (this.#isPresent(number)) return `number ${number} returned without having been set aside`;
        this.#return(number);
        return undefined;
      case 'SET_ASIDE':
        return this.#isPresent(number) ? this.#leave(number) : `number ${number} was set aside without being in line`;
      case 'GAP':
        for (let skipped = number - GAP_SIZE + 1; skipped <= number; skipped += 1) this.#leave(skipped);
        return undefined;
      case 'COMPLETED':
      case 'EXPIRED':
      case 'LEFT':
        if (this.#admitted.delete(number)) return undefined;
        this.#leave(number);
        return kind === 'COMPLETED' ? `number ${number} completed without having been admitted` : undefined;
    }
  }

  #smallest(): number {
    let smallest = this.#next;
    for (const number of this.#present) smallest = Math.min(smallest, number);
    return smallest;
  }

  #isPresent(number: number): boolean {
    return this.#present.has(number) || (number >= this.#next && !this.#gone.has(number));
  }

  #leave(number: number): undefined {
    if (this.#present.delete(number) || number < this.#next) return;
    this.#gone.add(number);
    while (this.#gone.delete(this.#next)) this.#next += 1;
  }

  #return(number: number): void {
    if (number < this.#next) this.#present.add(number);
    else this.#gone.delete(number);
  }
}

/**
 * Proves that a concert's admission log is whole and fair: batches follow each other without a gap, each hash fits, and
 * each admitted number was the smallest one present.
 *
 * @param batches of one concert, in order, from the first
 * @returns one fault for each thing that cannot be; none for a log that is as it should be
 */
export function auditAdmissions(batches: Iterable<AdmissionBatch>): readonly AuditFault[] {
  const faults: AuditFault[] = [];
  const epochs = new Map<number, Numbers>();
  let sequence = 1;
  let previousHash = FIRST_PREVIOUS_HASH;
  for (const batch of batches) {
    const fault = (text: string) => faults.push({ sequence: batch.sequence, text });
    if (batch.sequence !== sequence) fault(`batch ${sequence} is missing`);
    if (batch.previousHash !== previousHash) fault('the hash of the batch before is another one');
    if (batch.hash !== batchHash(batch)) fault('the hash does not fit the events');
    for (const event of batch.events) {
      const numbers = epochs.get(event.epoch) ?? new Numbers();
      epochs.set(event.epoch, numbers);
      const wrong = numbers.take(event);
      if (wrong !== undefined) fault(wrong);
    }
    sequence = batch.sequence + 1;
    previousHash = batch.hash;
  }
  return faults;
}
