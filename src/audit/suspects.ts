import type { Fault } from './report.ts';

/** Something that looks wrong in readings that were not made at one moment: it may be a change that is under way. */
export interface Suspect {
  /** The check that it belongs to. */
  readonly check: string;
  /** By what it is known again in another look, within its group. */
  readonly key: string;
  readonly fault: Fault;
}

/** What one look found, and how to look again with fresh readings of both stores. */
export interface SuspectGroup {
  readonly suspects: readonly Suspect[];
  readonly again: () => Promise<readonly Suspect[]>;
}

/** Suspects of one look that are looked at again; more of them are not counted. */
const MAX_SUSPECTS = 1_000;

/** So many times a suspect has to be there again. */
const LOOKS = 2;

/** What of two readings differs for a moment only is not kept. */
export class Suspects {
  #groups: SuspectGroup[] = [];

  /** Takes what a look found. */
  add({ suspects, again }: SuspectGroup): void {
    if (suspects.length > 0) this.#groups.push({ suspects: suspects.slice(0, MAX_SUSPECTS), again });
  }

  /**
   * Looks again, twice, and gives what was there each time.
   *
   * @param settle waits until what was under way has ended
   */
  async confirmed(settle: () => Promise<void>): Promise<readonly Suspect[]> {
    for (let look = 0; look < LOOKS && this.#groups.length > 0; look += 1) {
      await settle();
      const left: SuspectGroup[] = [];
      for (const { suspects, again } of this.#groups) {
        const found = new Set((await again()).map(nameOf));
        const still = suspects.filter((suspect) => found.has(nameOf(suspect)));
        if (still.length > 0) left.push({ suspects: still, again });
      }
      this.#groups = left;
    }
    return this.#groups.flatMap(({ suspects }) => suspects);
  }
}

function nameOf({ check, key }: Suspect): string {
  return `${check} ${key}`;
}
