import type { Duration } from '../../generated/google/protobuf/duration.ts';

/** Milliseconds as a google.protobuf.Duration. */
export function toDuration(ms: number): Duration {
  const whole = Math.round(ms);
  return { seconds: BigInt(Math.trunc(whole / 1_000)), nanos: (whole % 1_000) * 1_000_000 };
}

/** Milliseconds as a google.protobuf.Duration, or nothing for nothing. */
export function toOptionalDuration(ms: number | undefined): Duration | undefined {
  return ms === undefined ? undefined : toDuration(ms);
}
