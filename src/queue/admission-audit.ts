import TinyQueue from 'tinyqueue';
import { batchHash, FIRST_PREVIOUS_HASH, GAP_SIZE, type AdmissionBatch, type AdmissionEvent } from './admission-log.ts';

/** Something in the log that cannot be. */
export interface AuditFault {
  readonly sequence: number;
  readonly text: string;
}

/** The numbers of one epoch as the log has them. */
class Numbers {
  /** Every number below was named; those that are present again are in `present`. A number never named may be present. */
  #next = 1;
  /** Numbers from `next` on that are not present. */
  readonly #gone = new Set<number>();
  /** Numbers below `next` that are present again, and the same with the smallest first: it may have more than the set. */
  readonly #present = new Set<number>();
  readonly #smallestFirst = new TinyQueue<number>();
  readonly #admitted = new Set<number>();
  readonly #ended = new Set<number>();
  #lost = false;

  /** The smallest number present; undefined where none is. */
  smallest(): number | undefined {
    for (;;) {
      const first = this.#smallestFirst.peek();
      if (first === undefined) return this.#lost ? undefined : this.#next;
      if (this.#present.has(first)) return first;
      this.#smallestFirst.pop();
    }
  }

  /** Redis lost the epoch: nobody is present until they return. Who was admitted may go on, or return to the line. */
  lose(): void {
    this.#lost = true;
    this.#next = Infinity;
    this.#gone.clear();
    this.#present.clear();
  }

  /** Takes an event; returns what is wrong with it. */
  take({ kind, number }: AdmissionEvent): string | undefined {
    switch (kind) {
      case 'ADMITTED':
        this.#leave(number);
        this.#admitted.add(number);
        return undefined;
      case 'RETURNED':
        return this.#return(number);
      case 'SET_ASIDE':
        return this.#isPresent(number) ? this.#leave(number) : 'was set aside without being in line';
      case 'GAP':
        for (let skipped = number - GAP_SIZE + 1; skipped <= number; skipped += 1) this.#leave(skipped);
        return undefined;
      case 'COMPLETED':
      case 'EXPIRED':
      case 'LEFT': {
        if (kind !== 'LEFT') this.#ended.add(number);
        if (this.#admitted.delete(number)) return undefined;
        this.#leave(number);
        // The loss of an epoch may take an admission with it, and its payment commits all the same.
        return kind === 'COMPLETED' && !this.#lost ? 'completed without having been admitted' : undefined;
      }
      case 'OPENED':
        return undefined;
    }
  }

  #isPresent(number: number): boolean {
    return this.#present.has(number) || (number >= this.#next && !this.#gone.has(number));
  }

  #leave(number: number): undefined {
    if (this.#present.delete(number) || number < this.#next) return;
    this.#gone.add(number);
    while (this.#gone.delete(this.#next)) this.#next += 1;
  }

  #return(number: number): string | undefined {
    if (this.#isPresent(number)) return 'returned without having been set aside';
    if (this.#ended.has(number)) return 'returned after its place had ended';
    if (!this.#lost && this.#admitted.has(number)) return 'returned while it was admitted';
    this.#admitted.delete(number);
    if (number >= this.#next) {
      this.#gone.delete(number);
    } else {
      this.#present.add(number);
      this.#smallestFirst.push(number);
    }
    return undefined;
  }
}

/** The line of a concert through its epochs: whoever returns from an epoch before stands ahead of all who came since. */
class Line {
  readonly #epochs: { readonly epoch: number; readonly numbers: Numbers }[] = [];

  /** Takes an event; returns what is wrong with it. */
  take(event: AdmissionEvent): string | undefined {
    const { epoch, number, kind } = event;
    const last = this.#epochs.at(-1);
    if (kind === 'OPENED' && last && epoch <= last.epoch)
      return `epoch ${epoch} was opened after ${epoch === last.epoch ? 'it had begun' : 'a later one'}`;
    const numbers = this.#numbersOf(epoch);
    const first = kind === 'ADMITTED' ? this.#first() : undefined;
    const wrong = numbers.take(event);
    if (wrong !== undefined) return `${nameOf(epoch, number)} ${wrong}`;
    if (first === undefined || first === nameOf(epoch, number)) return undefined;
    return `${nameOf(epoch, number)} was admitted while ${first} was first`;
  }

  #first(): string {
    for (const { epoch, numbers } of this.#epochs) {
      const smallest = numbers.smallest();
      if (smallest !== undefined) return nameOf(epoch, smallest);
    }
    return 'nobody';
  }

  /**
   * The numbers of an epoch; a later one than before begins with its first event, and the ones before are lost then. One
   * before of which the log has nothing was lost so soon that all of its events were lost with it.
   */
  #numbersOf(epoch: number): Numbers {
    const at = this.#epochs.findIndex((known) => known.epoch >= epoch);
    const known = this.#epochs[at];
    if (known?.epoch === epoch) return known.numbers;
    const numbers = new Numbers();
    if (known) {
      numbers.lose();
      this.#epochs.splice(at, 0, { epoch, numbers });
    } else {
      for (const before of this.#epochs) before.numbers.lose();
      this.#epochs.push({ epoch, numbers });
    }
    return numbers;
  }
}

function nameOf(epoch: number, number: number): string {
  return `number ${number} of epoch ${epoch}`;
}

/**
 * Proves, batch by batch, that a concert's admission log is whole and fair: batches follow each other without a gap, each
 * hash fits, and each admitted number was the smallest one present, those of earlier epochs before those of later ones.
 */
export class AdmissionAudit {
  readonly #line = new Line();
  #sequence = 1;
  #previousHash = FIRST_PREVIOUS_HASH;

  /**
   * Takes the next batch, from the first one on.
   *
   * @returns one fault for each thing that cannot be
   */
  take(batch: AdmissionBatch): readonly AuditFault[] {
    const faults: AuditFault[] = [];
    const fault = (text: string) => faults.push({ sequence: batch.sequence, text });
    if (batch.sequence !== this.#sequence) fault(`batch ${this.#sequence} is missing`);
    if (batch.previousHash !== this.#previousHash) fault('the hash of the batch before is another one');
    if (batch.hash !== batchHash(batch)) fault('the hash does not fit the events');
    for (const event of batch.events) {
      const wrong = this.#line.take(event);
      if (wrong !== undefined) fault(wrong);
    }
    this.#sequence = batch.sequence + 1;
    this.#previousHash = batch.hash;
    return faults;
  }
}

/**
 * Audits a whole admission log.
 *
 * @param batches of one concert, in order, from the first
 * @returns one fault for each thing that cannot be; none for a log that is as it should be
 */
export function auditAdmissions(batches: Iterable<AdmissionBatch>): readonly AuditFault[] {
  const audit = new AdmissionAudit();
  return [...batches].flatMap((batch) => audit.take(batch));
}
