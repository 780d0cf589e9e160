/** Which of the promises of the README a check proves. */
export type Promised = 'P1' | 'P2' | 'P3' | 'P4' | 'P6' | 'P7' | 'P8';

/** One thing that is not as it has to be: the ids by which to find it, and in words what is wrong with it. */
export interface Fault {
  readonly what: string;
  readonly [id: string]: unknown;
}

/** What a check came to. */
export interface CheckReport {
  readonly check: string;
  readonly promise: Promised;
  /** How many things were looked at. */
  readonly examined: number;
  readonly faultCount: number;
  /** The first of them: at most FAULTS_SHOWN. */
  readonly faults: readonly Fault[];
  /** Figures beside the faults, where the check has some. */
  readonly totals?: Readonly<Record<string, string>>;
}

/** Faults that a report has at most; the others are counted. */
export const FAULTS_SHOWN = 100;

/** Collects the faults of a check in bounded memory. */
export class Findings {
  readonly #check: string;
  readonly #promise: Promised;
  readonly #faults: Fault[] = [];
  #count = 0;
  #examined = 0;

  constructor(check: string, promise: Promised) {
    this.#check = check;
    this.#promise = promise;
  }

  /** Counts what was looked at. */
  examine(count: number): void {
    this.#examined += count;
  }

  /** Takes a fault. */
  add(fault: Fault): void {
    this.#count += 1;
    if (this.#faults.length < FAULTS_SHOWN) this.#faults.push(fault);
  }

  /** What it came to. */
  report(): CheckReport {
    return {
      check: this.#check,
      promise: this.#promise,
      examined: this.#examined,
      faultCount: this.#count,
      faults: this.#faults,
    };
  }
}
