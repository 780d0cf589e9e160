import type { AdmissionEvent } from '../../src/queue/admission-log.ts';

/** What the doors of a concert may do. */
export interface DoorLimits {
  readonly capacity: number;
  readonly ratePerSecond: number;
  readonly burst: number;
}

/**
 * Replays an admission log against a policy that was in force all the time.
 *
 * @returns one line for each admission that broke a limit
 */
export function brokenDoors(events: readonly AdmissionEvent[], limits: DoorLimits): string[] {
  const broken: string[] = [];
  const inside = new Set<number>();
  // Thousandths of admissions, as the script keeps them.
  let tokensMilli = limits.burst * 1_000;
  let atMs = events[0]?.atMs ?? 0;
  for (const event of events) {
    if (event.kind !== 'ADMITTED') {
      inside.delete(event.number);
      continue;
    }
    tokensMilli = Math.min(limits.burst * 1_000, tokensMilli + (event.atMs - atMs) * limits.ratePerSecond) - 1_000;
    atMs = event.atMs;
    inside.add(event.number);
    if (inside.size > limits.capacity) broken.push(`number ${event.number}: ${inside.size} were inside`);
    if (tokensMilli < 0) broken.push(`number ${event.number}: ${-tokensMilli / 1_000} more than the rate allows`);
  }
  return broken;
}
