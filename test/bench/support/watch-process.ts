import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpuTimeUs } from './cpu-time.ts';

const BYTES_PER_KIB = 1_024;
const BYTES_PER_MB = 1_000_000;

/** Reads what a process of this machine uses, from Linux's /proc. */
export class ProcessMeter {
  readonly #pid: number;
  #fromCpuUs = 0;
  #fromWaitNs = 0;
  #fromMs = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.restart();
  }

  /** Counts processor time from now on. */
  restart(): void {
    this.#fromCpuUs = cpuTimeUs(this.#pid);
    this.#fromWaitNs = this.#waitNs();
    this.#fromMs = performance.now();
  }

  /** Processor time since the last restart, also as the share of one core. */
  cpu(): { readonly seconds: number; readonly percent: number } {
    const seconds = (cpuTimeUs(this.#pid) - this.#fromCpuUs) / 1e6;
    return { seconds, percent: Math.round((seconds * 1e5) / (performance.now() - this.#fromMs)) };
  }

  /**
   * How much of the time its main thread, which is its event loop, was ready to go on and had no core: where this is much,
   * the machine is too busy for the figures to say anything of the server.
   */
  starvedPercent(): number {
    return Math.round((this.#waitNs() - this.#fromWaitNs) / 1e4 / (performance.now() - this.#fromMs));
  }

  /** Memory now, MB. */
  rssMb(): number {
    return this.#statusMb('VmRSS');
  }

  /** The most memory that it ever had, MB. */
  peakRssMb(): number {
    return this.#statusMb('VmHWM');
  }

  #waitNs(): number {
    return Number(readFileSync(`/proc/${this.#pid}/schedstat`, 'utf8').split(' ')[1]);
  }

  #statusMb(field: string): number {
    const text = readFileSync(`/proc/${this.#pid}/status`, 'utf8');
    const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
    return Math.round((Number(kib) * BYTES_PER_KIB) / BYTES_PER_MB);
  }
}

/** How many files and sockets a process started from here may have open. */
export function openFileLimit(): number {
  // Node raises its own soft limit to the hard one, and what it starts inherits that.
  const limit = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' ? Infinity : Number(limit);
}

/** The value that a share of the sorted values does not exceed; 0 where there are none. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
