import type { Hall } from './hall.ts';
import type { RowsReading, SeatReading } from './hall-reading.store.ts';

/** A byte of `runs` is this and the length of the run, as includes/seat-index.lua has it. */
const RUN_BASE = 192;
const LONGEST_RUN = 63;

/**
 * What is wrong with a seat at one moment: its key, the index and the map have to say the same of it.
 *
 * @param nowMs Redis's clock at that moment
 * @returns in words; none where all agree
 */
export function faultsOfSeat(seat: SeatReading, nowMs: number): readonly string[] {
  const { keptUntilMs, indexedUntilMs, sold, taken } = seat;
  const faults: string[] = [];
  if (sold && indexedUntilMs > 0) faults.push('is sold and held in the index');
  const living = indexedUntilMs > nowMs ? indexedUntilMs : 0;
  if (!sold && living !== keptUntilMs)
    faults.push(`is held until ${living} in the index, until ${keptUntilMs} by its key`);
  if (taken !== (sold || indexedUntilMs > 0))
    faults.push(taken ? 'is taken without a reason' : 'is not marked as taken');
  return faults;
}

/** What is wrong with the rows of a hall at one moment: the rows themselves, and how many seats are free side by side. */
export function faultsOfRows(hall: Hall, { runs, rows, taken }: RowsReading): readonly string[] {
  const starts = hall.rowStarts;
  const isAsLaidOut =
    rows.length === 2 * starts.length && starts.every((seat, row) => rows.readUInt16BE(2 * row) === seat);
  if (!isAsLaidOut) return ['has other rows than its layout'];
  return starts.slice(0, -1).flatMap((first, row) => {
    const expected = RUN_BASE + Math.min(longestRun(taken, first, starts[row + 1] ?? first), LONGEST_RUN);
    return runs[row] === expected
      ? []
      : [`row ${row + 1} has the run ${(runs[row] ?? 0) - RUN_BASE}, not ${expected - RUN_BASE}`];
  });
}

/** How many seats that are not taken stand side by side at most. */
function longestRun(taken: Buffer, first: number, past: number): number {
  let longest = 0;
  let run = 0;
  for (let seat = first; seat < past; seat += 1) {
    const isTaken = ((taken[seat >> 3] ?? 0) & (128 >> (seat & 7))) !== 0;
    run = isTaken ? 0 : run + 1;
    longest = Math.max(longest, run);
  }
  return longest;
}
