import type { SeatChangeCause } from '../catalog/index.ts';

/** What the scripts tell of one step: see map_changed in includes/performance.lua, and finish-rebuild-8. */
export interface SeatMessage {
  /** The version of the map after the step. */
  readonly version: bigint;
  /** What happened to which seats; empty where the map was rebuilt and has to be read. */
  readonly changes: readonly { readonly cause: SeatChangeCause; readonly seatNumbers: readonly number[] }[];
}

const CAUSE_OF_LETTER: Readonly<Record<string, SeatChangeCause>> = {
  H: 'held',
  R: 'released',
  X: 'expired',
  S: 'sold',
  F: 'refunded',
};

/**
 * Reads a message of a performance's channel, such as `1764000000123 H7,8 R1`.
 *
 * @throws TypeError where it is none
 */
export function seatMessageOf(text: string): SeatMessage {
  const [version = '', ...parts] = text.split(' ');
  if (!/^\d+$/.test(version)) throw new TypeError('a message of a seat map has no version');
  const changes = parts.map((part) => {
    const cause = CAUSE_OF_LETTER[part.slice(0, 1)];
    if (!cause) throw new TypeError('a message of a seat map has an unknown letter');
    if (!/^.\d+(,\d+)*$/.test(part)) throw new TypeError('a message of a seat map has no seat numbers');
    return { cause, seatNumbers: part.slice(1).split(',').map(Number) };
  });
  return { version: BigInt(version), changes };
}
