import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 100;
/** Linux counts the time of all cores in these, on every machine. */
const TICK_MS = 10;
/** After user, nice, system, idle, iowait, irq and softirq. */
const STOLEN_AT = 7;

/**
 * When the host of this virtual machine ran others on its cores. Whatever is timed by the clock meanwhile stands still without
 * knowing it, for fifty milliseconds at a time.
 */
export class StolenTime {
  readonly #fromMs = stolenMs();
  readonly #seconds = new Set<number>();
  #lastMs = this.#fromMs;

  constructor() {
    setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  /** All of it since the beginning, of all cores. */
  get totalMs(): number {
    return this.#lastMs - this.#fromMs;
  }

  /** Whether some was taken in or next to a second since 1970. */
  touches(second: number): boolean {
    return [second - 1, second, second + 1].some((each) => this.#seconds.has(each));
  }

  #look(): void {
    const nowMs = stolenMs();
    if (nowMs > this.#lastMs) this.#seconds.add(Math.floor(Date.now() / 1_000));
    this.#lastMs = nowMs;
  }
}

/** For how long a core of this machine was ready to run something, and its host ran others instead, since it was started. */
function stolenMs(): number {
  const [, ...ticks] = (/^cpu .*$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[0] ?? '').split(/ +/);
  return Number(ticks[STOLEN_AT]) * TICK_MS;
}
